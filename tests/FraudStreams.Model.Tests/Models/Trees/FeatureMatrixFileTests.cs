using FraudStreams.Model.Models;
using FraudStreams.Model.Models.Trees;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Models.Trees;

public sealed class FeatureMatrixFileTests
{
    [Fact]
    public void What_is_written_is_read_back()
    {
        var set = Made.Mixed(300);
        using var file = new MemoryStream();

        FeatureMatrixFile.Write(file, set, 240);
        file.Position = 0;
        var (read, trainRows) = FeatureMatrixFile.Read(file);

        trainRows.ShouldBe(240);
        read.Features.ShouldBe(set.Features);
        read.Values.ToArray().ShouldBe(set.Values.ToArray());
        read.Labels.ToArray().ShouldBe(set.Labels.ToArray());
    }

    [Fact]
    public void A_truncated_file_or_one_of_another_format_is_refused()
    {
        using var file = new MemoryStream();
        FeatureMatrixFile.Write(file, Made.Mixed(10), 5);

        Should.Throw<ModelFormatException>(() => FeatureMatrixFile.Read(new MemoryStream(file.ToArray()[..^1])))
            .Message.ShouldContain("ends before its 10 rows");
        Should.Throw<ModelFormatException>(() => FeatureMatrixFile.Read(new MemoryStream("a,b\n1,2\n"u8.ToArray())))
            .Message.ShouldContain("header");
    }
}
