using System.Diagnostics;
using Xunit.Abstractions;

namespace FraudStreams.ChaosTests;

/// <summary>One scenario's figures: printed, and appended as a row to the Markdown file of FRAUDSTREAMS_CHAOS_REPORT where that is set.</summary>
sealed class ChaosReport(ITestOutputHelper output, string scenario, Parts parts, int seed)
{
    const string Variable = "FRAUDSTREAMS_CHAOS_REPORT";
    const int LongestMessage = 400;

    /// <summary>Scenarios of several rows end at the same time.</summary>
    static readonly Lock s_file = new();

    readonly Stopwatch _running = Stopwatch.StartNew();

    public void Write(ChaosInput input, Ledger ledger, Chaos chaos, Exception? failure)
    {
        string[] cells =
        [
            scenario, NameOf(parts), $"{seed}", $"{input.Rows:N0}", chaos.Faults, $"{ledger.Transactions.Count:N0}",
            $"{ledger.Predictions.Count:N0}", $"{ledger.Rejected.Count:N0}", $"{ledger.Stored.Count:N0}", $"{ledger.Stored.Count(row => row.IsFraud):N0}",
            $"{ledger.Alerts.Count:N0}", $"{ledger.Mails.Count:N0}", $"{ledger.ExtraMails:N0}",
            failure is null ? $"held{(chaos.Remarks.Length > 0 ? $"; {chaos.Remarks}" : "")}" : $"BROKEN: {Short(failure.Message)}",
            $"{_running.Elapsed.TotalSeconds:0}",
        ];
        output.WriteLine(string.Join(" | ", Columns.Zip(cells, (name, value) => $"{name}: {value}")));
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } file)
            return;
        lock (s_file)
        {
            if (!File.Exists(file))
                File.AppendAllText(file, $"| {string.Join(" | ", Columns)} |\n|{string.Concat(Columns.Select(_ => " --- |"))}\n");
            File.AppendAllText(file, $"| {string.Join(" | ", cells)} |\n");
        }
    }

    /// <summary>What a process wrote stands in the test's own output.</summary>
    static string Short(string message)
    {
        var text = message.ReplaceLineEndings(" ").Replace("|", "/", StringComparison.Ordinal);
        return text.Length > LongestMessage ? text[..LongestMessage] + "…" : text;
    }

    static string NameOf(Parts parts) => parts switch
    {
        Parts.Embedded => "embedded",
        Parts.Cluster => "three Kafka brokers",
        _ => "Kafka + PostgreSQL",
    };

    static readonly string[] Columns =
    [
        "scenario", "parts", "seed", "payments", "faults", "transactions", "predictions", "rejected", "stored", "predicted frauds", "alerted", "mails",
        "extra mails", "result", "seconds",
    ];
}
