using System.Text;
using System.Text.Json;
using FraudStreams.Messaging.Sqlite;
using FraudStreams.Simulation.Generation;
using FraudStreams.Tests.Simulation.Http;
using FraudStreams.Topics;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>A producer that polls a payments API, killed and started again.</summary>
[Collection(WholeProgramCollection.Second)]
[Trait("Category", "Integration")]
public sealed class PaymentsApiTests
{
    const int Payments = 160, InAnAnswer = 60, KilledAt = 80;
    const string Key = "key-that-nobody-may-see";

    [Fact]
    public async Task Payments_of_an_api_come_once_though_the_producer_is_killed()
    {
        using var folder = new StreamFolder(payments: 1);
        var payments = Generated();
        await using var api = new TestPaymentsApi(request =>
        {
            var from = Math.Min(request, Payments - InAnAnswer);
            return request % 5 == 4
                ? new TestPaymentsApi.Answer("", "503 Service Unavailable")
                : new TestPaymentsApi.Answer(JsonSerializer.Serialize($"[{string.Join(',', payments[from..(from + InAnAnswer)])}]"));
        });
        string[] arguments =
        [
            "simulate", "--set", "simulate.kind=http", "--set", $"simulate.http.url={api.Url}", "--set", "simulate.http.interval=10ms", "--set", "speeds.speed_1=unlimited", "--set", "restart.min-backoff=10ms",
            "--set", "restart.max-backoff=20ms",
        ];
        var said = "";

        await using (var killed = FraudStreamsProcess.Start(folder.Path, arguments, ("FRAUDSTREAMS_SIMULATE_HTTP_KEY", Key)))
        {
            await Eventually.TrueAsync(() => folder.Status()?.Transactions >= KilledAt, limitSeconds: 60, everyMilliseconds: 20);
            await killed.KillAsync();
            said += killed.Output + killed.Errors;
        }

        await using (var again = FraudStreamsProcess.Start(folder.Path, arguments, ("FRAUDSTREAMS_SIMULATE_HTTP_KEY", Key)))
        {
            await Eventually.TrueAsync(() => folder.Status()?.Transactions >= Payments, limitSeconds: 60, everyMilliseconds: 20);
            await again.InterruptAsync();
            (await again.ExitAsync()).ShouldBe(0, again.Errors);
            said += again.Output + again.Errors;
        }

        EmbeddedLog.ReadRecords(folder.Data, TopicNames.Transactions).Select(record => Encoding.UTF8.GetString(record.Value.Span)).ShouldBe(payments);
        said.ShouldContain("503 Service Unavailable");
        said.ShouldContain("The simulator goes on after payment ");
        said.ShouldNotContain(Key);
        said.ShouldNotContain("limit=10");
        api.Requests.ShouldAllBe(request => request.Contains($"X-API-Key: {Key}\r\n"));
    }

    static string[] Generated()
    {
        var generator = new PaymentGenerator(TrainedModel.Generator(seed: 8));
        var writer = new PaymentWriter(generator);
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        return
        [
            .. Enumerable.Range(0, Payments).Select(number =>
            {
                bytes.ResetWrittenCount();
                writer.WriteJson(generator.At(number), bytes);
                return Encoding.UTF8.GetString(bytes.WrittenSpan);
            }),
        ];
    }
}
