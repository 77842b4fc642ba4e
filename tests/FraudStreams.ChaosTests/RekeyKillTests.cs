using System.Buffers;
using FraudStreams.Configuration;
using FraudStreams.Model.Csv;
using FraudStreams.Simulation.Generation;
using Shouldly;
using Xunit.Abstractions;

namespace FraudStreams.ChaosTests;

/// <summary>
/// A topic of others, keyed by ids over four partitions, fills ours while the host that does it is killed again and again: each payment is there once, in the order
/// of event time, and has the score of an undisturbed run.
/// </summary>
public sealed class RekeyKillTests(ITestOutputHelper output) : ChaosTest(output)
{
    const string Source = "payments.v1";
    const int Partitions = 4;

    static readonly int s_payments = ChaosForm.Of(20_000, 200_000);
    static readonly int s_kills = ChaosForm.Of(3, 30);

    [ChaosFact(Parts.Embedded)]
    public Task A_host_killed_while_re_keying_repeats_nothing_on_embedded_parts() => PlayAsync("host killed while re-keying", Parts.Embedded, 95, s_payments, KilledAsync);

    [ChaosFact(Parts.Production)]
    public Task A_host_killed_while_re_keying_repeats_nothing_on_Kafka() => PlayAsync("host killed while re-keying", Parts.Production, 96, s_payments, KilledAsync);

    static async Task KilledAsync(Stage stage, Chaos chaos)
    {
        stage.IsRekeyed = true;
        await stage.FillAsync(Source, Partitions, Records(stage.Input));
        string[] run =
        [
            "run", "--roles", "rekey,score,alert,store,label", "--set", $"topics.names.transactions={Source}", "--set", "topics.rekey=on", "--set", "topics.rekey-topic=transactions",
        ];
        foreach (var moment in chaos.Moments(s_kills))
        {
            await using var victim = stage.Start([.. run, "--set", "speeds.speed_1=5000/s"]);
            await stage.ReachAsync(progress => progress.Produced >= moment * stage.Input.Rows, $"{moment:P0} of the payments", victim);
            await Task.Delay(chaos.Random.Next(300));
            victim.HasExited.ShouldBeFalse(victim.Errors);
            await victim.KillAsync();
            chaos.Did("kill -9", mayRepeatMails: true);
        }

        await using var last = stage.Start([.. run, "--until-drained"]);
        (await last.ExitAsync(ChaosForm.LimitSeconds)).ShouldBe(0, $"{last.Output}\n{last.Errors}");
    }

    /// <summary>Each row of the input as our JSON, keyed by its id.</summary>
    static IEnumerable<(string Key, byte[] Value)> Records(ChaosInput input)
    {
        var schema = SchemaFile.Read(PaymentGenerator.SchemaName);
        using var file = File.OpenRead(input.Csv);
        using var reader = new CsvToJson(file, schema, input.Csv);
        var json = new ArrayBufferWriter<byte>();
        while (reader.TryRead(json))
        {
            var value = json.WrittenSpan.ToArray();
            json.ResetWrittenCount();
            yield return (System.Text.Json.Nodes.JsonNode.Parse(value)!["trans_num"]!.GetValue<string>(), value);
        }
    }
}
