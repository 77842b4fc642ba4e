using System.Globalization;
using System.Text;
using FraudStreams.Ingest;
using FraudStreams.Model.Features;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Formats;
using FraudStreams.Model.Schema;
using FraudStreams.Tests.Ingest;
using Shouldly;
using Xunit;
using Xunit.Abstractions;

namespace FraudStreams.Tests.Features;

/// <summary>The 14 features that the Fraud Detection Handbook publishes for its payments, and ours.</summary>
public sealed class HandbookParityTests(ITestOutputHelper output)
{
    const string Payments = "handbook-transactions.csv";
    const string Features = "handbook-features-to-2018-06-30.csv";
    const int Published = 872_795;
    const double Tolerance = 1e-9;
    const int BatchRows = 4096;

    /// <summary>
    /// Fifteen times a customer pays twice in one second. Four of these times the published computation, which sorts by time alone, took
    /// the payment of the next line first; so do we then, because equal times are ordered by position.
    /// </summary>
    static readonly int[] TakenBeforeTheLineAbove = [121_454, 163_832, 174_807, 619_759];

    [RealDataFact(Payments, Features)]
    [Trait("Category", "Data")]
    public void Every_published_feature_of_every_payment_is_ours()
    {
        var schema = SchemaFile.Read("handbook");
        var plan = FeaturePlan.Fit(schema, []);
        var (names, published) = ReadPublished();
        var columns = names.Select(name => plan.Columns.Select(c => c.Name).ToList().IndexOf(name)).ToArray();
        columns.Length.ShouldBe(14);
        columns.ShouldAllBe(column => column >= 0);
        var state = new WindowState(schema);
        using var csv = new CsvReader(InTheirOrder(), schema, Payments);
        using var rows = new TransactionRows(schema, BatchRows);
        var matrix = new double[BatchRows * plan.Count];
        var (compared, differing, largest) = (0, 0, 0.0);

        while (compared < published.Length)
        {
            rows.Clear();
            while (rows.Count < BatchRows && csv.TryRead(rows, out var reason))
                reason.ShouldBeNull();
            rows.Count.ShouldBeGreaterThan(0);
            state.Advance(rows);
            plan.Compute(rows, matrix.AsSpan(0, rows.Count * plan.Count));
            for (var row = 0; row < rows.Count; row++)
            {
                var id = int.Parse(rows.Id(row), CultureInfo.InvariantCulture);
                if (id >= published.Length)
                    continue;
                compared++;
                for (var i = 0; i < columns.Length; i++)
                {
                    var (theirs, ours) = (published[id][i], matrix[(row * plan.Count) + columns[i]]);
                    var difference = Difference(names[i], theirs, ours);
                    largest = Math.Max(largest, difference);
                    if (!(difference <= Tolerance) && differing++ < 10)
                        output.WriteLine($"payment {id}, {names[i]}: published {theirs:R}, ours {ours:R}");
                }
            }
        }

        output.WriteLine($"{compared:N0} payments with {columns.Length} features: {differing} values differ; the largest difference is {largest:R}");
        compared.ShouldBe(Published);
        differing.ShouldBe(0);
    }

    /// <summary>Relative, but to no less than a cent, for means, which are published with ten digits; absolute for all others.</summary>
    static double Difference(string name, double theirs, double ours) =>
        Math.Abs(ours - theirs) / (name.Contains("AVG_AMOUNT", StringComparison.Ordinal) ? Math.Max(0.01, Math.Abs(theirs)) : 1);

    static (string[] Names, double[][] Values) ReadPublished()
    {
        using var lines = File.ReadLines(RealData.Find(Features)).GetEnumerator();
        lines.MoveNext().ShouldBeTrue();
        var names = lines.Current.Split(',')[1..];
        var values = new List<double[]>(Published);
        while (lines.MoveNext())
        {
            var cells = lines.Current.Split(',');
            cells[0].ShouldBe($"{values.Count}");
            values.Add([.. cells[1..].Select(cell => double.Parse(cell, CultureInfo.InvariantCulture))]);
        }
        return (names, [.. values]);
    }

    static MemoryStream InTheirOrder()
    {
        var lines = File.ReadAllLines(RealData.Find(Payments));
        foreach (var id in TakenBeforeTheLineAbove)
            (lines[id], lines[id + 1]) = (lines[id + 1], lines[id]);
        return new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', lines)));
    }
}
