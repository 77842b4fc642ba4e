using FraudStreams.Messaging;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Tests.Messaging.Kafka;
using FraudStreams.Topics;
using FraudStreams.WindowStates;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WindowStates;

/// <summary>Snapshots in a topic of a real broker.</summary>
[Trait("needs", "kafka")]
[Trait("Category", "Unit")]
public sealed class KafkaCheckpointStoreTests(SharedBroker broker) : KafkaTest(broker.Servers), IClassFixture<SharedBroker>, IDisposable
{
    const int PieceBytes = 512 * 1024;

    static readonly TopicPartition First = new(TopicNames.Transactions, 0);
    static readonly TopicPartition Others = new("others", 0);
    static readonly TopicPartition Second = new(TopicNames.Transactions, 1);

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [KafkaFact]
    public async Task Each_partition_gets_its_newest_snapshot_in_any_process()
    {
        using var writer = Open("one");
        var snapshots = Enumerable.Range(0, 5).Select(number => Bytes(number, (PieceBytes * number) + 17)).ToList();

        foreach (var snapshot in snapshots)
            await KeepAsync(writer, First, snapshot);
        await KeepAsync(writer, Others, snapshots[1]);
        using var reader = Open("two");

        (await ReadAsync(reader, First)).ShouldBe(snapshots[4]);
        (await ReadAsync(reader, Others)).ShouldBe(snapshots[1]);
        (await reader.OpenAsync(Second, default)).ShouldBeNull();
        await KeepAsync(reader, First, snapshots[2]);
        (await ReadAsync(writer, First)).ShouldBe(snapshots[2]);
    }

    [KafkaFact]
    public async Task An_unfinished_snapshot_leaves_the_one_before_it()
    {
        var (whole, half) = (Bytes(1, 3 * PieceBytes), Bytes(2, 3 * PieceBytes));
        using (var writer = Open("one"))
        {
            await KeepAsync(writer, First, whole);
            await File.WriteAllBytesAsync(writer.Draft(First), half);
            using var stopped = new CancellationTokenSource();
            var keeping = writer.KeepAsync(First, stopped.Token);
            await stopped.CancelAsync();
            // How much of it is in the topic depends on timing; all of it would be a snapshot.
            await Record.ExceptionAsync(() => keeping);
        }

        using var reader = Open("two");
        var read = await ReadAsync(reader, First);

        (read.SequenceEqual(whole) || read.SequenceEqual(half)).ShouldBeTrue();
        await KeepAsync(reader, First, half);
        (await ReadAsync(reader, First)).ShouldBe(half);
    }

    [KafkaFact]
    public async Task Older_snapshots_are_removed_with_every_piece_and_so_are_all()
    {
        using var writer = Open("one");
        await KeepAsync(writer, First, Bytes(1, 3 * PieceBytes));
        await KeepAsync(writer, First, Bytes(2, 17));
        await KeepAsync(writer, First, Bytes(3, PieceBytes + 1));
        await KeepAsync(writer, Others, Bytes(4, 17));
        await KeepAsync(writer, First with { Topic = "payments" }, Bytes(6, PieceBytes + 1));
        await KeepAsync(writer, Others with { Topic = "others-payments" }, Bytes(7, 17));

        await writer.RemoveAsync(First, keepsNewest: true, besides: Others.Topic, default);
        (await writer.OpenAsync(First with { Topic = "payments" }, default)).ShouldBeNull("a name from before");
        (await writer.OpenAsync(Others with { Topic = "others-payments" }, default)).ShouldBeNull();
        using (var reader = Open("two"))
            (await ReadAsync(reader, First)).ShouldBe(Bytes(3, PieceBytes + 1), "its slot's third piece was of an older one");
        await KeepAsync(writer, First, Bytes(5, 17));
        using (var reader = Open("two"))
            (await ReadAsync(reader, First)).ShouldBe(Bytes(5, 17));
        await writer.RemoveAsync(First, keepsNewest: false, besides: Others.Topic, default);

        (await writer.OpenAsync(First, default)).ShouldBeNull();
        (await ReadAsync(writer, Others)).ShouldBe(Bytes(4, 17));
    }

    [KafkaFact]
    public async Task A_damaged_snapshot_is_detected_when_it_is_read()
    {
        using var topic = Open("one");
        var written = new MemoryStream();
        new WindowState(TerminalPayments.Schema).Write(written, [1, 2, 3]);
        var damaged = written.ToArray();
        damaged[damaged.Length / 2] ^= 1;

        await KeepAsync(topic, First, written.ToArray());
        var good = WindowState.Read((await topic.OpenAsync(First, default)).ShouldNotBeNull(), TerminalPayments.Schema, out var position);
        await KeepAsync(topic, First, damaged);
        var bad = (await topic.OpenAsync(First, default)).ShouldNotBeNull();

        good.Events.ShouldBe(0);
        position.ShouldBe([1, 2, 3]);
        Should.Throw<WindowSnapshotException>(() => WindowState.Read(bad, TerminalPayments.Schema, out _)).Message.ShouldContain("damaged");
    }

    KafkaCheckpointStore Open(string host) => new(Settings(Servers), partitions: 2, new FileCheckpointStore(Path.Combine(_folder, host)));

    static async Task KeepAsync(KafkaCheckpointStore topic, TopicPartition partition, byte[] snapshot)
    {
        await File.WriteAllBytesAsync(topic.Draft(partition), snapshot);
        await topic.KeepAsync(partition, default);
    }

    static async Task<byte[]> ReadAsync(KafkaCheckpointStore topic, TopicPartition partition)
    {
        await using var stream = (await topic.OpenAsync(partition, default)).ShouldNotBeNull();
        using var read = new MemoryStream();
        await stream.CopyToAsync(read);
        return read.ToArray();
    }

    static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
