using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Tests.Schemas;
using Shouldly;
using Xunit;

namespace FraudStreams.Model.Tests.Features.Windows;

public sealed class KeyPlacesTests
{
    [Fact]
    public void A_key_of_two_partitions_is_noticed_with_both_places()
    {
        var places = new KeyPlaces(16);

        places.Take("4000".Utf8(), new(0, 5)).ShouldBeNull();
        places.Take("4000".Utf8(), new(0, 6)).ShouldBeNull();
        places.Take("4000".Utf8(), new(3, 2)).ShouldBe(new RecordPlace(0, 6));
        places.Take("4000".Utf8(), new(3, 3)).ShouldBeNull();
    }

    [Fact]
    public void Keys_that_share_a_slot_are_told_apart()
    {
        var places = new KeyPlaces(1);

        for (var key = 0; key < 1000; key++)
            places.Take($"card {key}".Utf8(), new(key % 4, key)).ShouldBeNull();
        places.Take("card 999".Utf8(), new(0, 1000)).ShouldBe(new RecordPlace(3, 999));
    }
}
