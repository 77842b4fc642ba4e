using FraudStreams.Configuration;
using FraudStreams.Model.Csv;
using FraudStreams.Model.Features;
using FraudStreams.Model.Features.Windows;
using FraudStreams.Model.Models.Trees;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Bench;

/// <summary>
/// Writes the features of a CSV file, as the stream computes them, to a <see cref="FeatureMatrixFile"/>, and beside it the map of a model of them, features.fsm.map.conf. The first 80% of rows are the training rows,
/// and the plan is fitted only to them. <c>… -- matrix payments.csv features.fsm [schema]</c>; the file must be in time order.
/// </summary>
static class MatrixExport
{
    const int BatchRows = 4096;
    const double TrainShare = 0.8;

    public static void Run(string input, string output, string schemaName)
    {
        var schema = SchemaFile.Read(schemaName);
        var rows = Batches(input, schema).Sum(batch => batch.Count);
        var trainRows = (int)(rows * TrainShare);
        var plan = FeaturePlan.Fit(schema, First(Batches(input, schema), trainRows));

        var values = new double[rows * plan.Count];
        var labels = new byte[rows];
        var at = 0;
        var last = long.MinValue;
        var windows = new WindowState(schema);
        foreach (var batch in Batches(input, schema))
        {
            windows.Advance(batch);
            plan.Compute(batch, values.AsSpan(at * plan.Count, batch.Count * plan.Count));
            for (var row = 0; row < batch.Count; row++)
            {
                if (batch.EventTime(row) < last)
                    throw new InvalidDataException($"{input}: row {at + row} is earlier than the one before it.");
                last = batch.EventTime(row);
                labels[at + row] = batch.Label(row) == true ? (byte)1 : (byte)0;
            }
            at += batch.Count;
        }

        using var file = File.Create(output);
        FeatureMatrixFile.Write(file, new TrainingSet(plan.Columns, values, labels), trainRows);
        File.WriteAllText(output + ".map.conf", MapOf(plan));
        Console.WriteLine($"{rows:N0} rows, {trainRows:N0} for training, {plan.Count} features, to {output}");
    }

    /// <summary>The map with which a model of these features is imported (`models import --features`).</summary>
    static string MapOf(FeaturePlan plan)
    {
        return $"features = [\n{string.Concat(plan.Columns.Select(column => $"  {{ name = {column.Name}, feature = {column.Name}{Values(column)} }}\n"))}]\n";

        string Values(FeatureColumn column) => plan.Categories.TryGetValue(column.Name, out var values) ? $", values = [{string.Join(", ", values.Select(value => $"\"{value}\""))}]" : "";
    }

    /// <summary>
    /// Batches in one reused buffer, each valid until the next. Rejected rows are left out, as in the stream.
    /// </summary>
    static IEnumerable<TransactionRows> Batches(string input, TransactionSchema schema)
    {
        using var stream = File.OpenRead(input);
        using var reader = new CsvReader(stream, schema, Path.GetFileName(input));
        using var batch = new TransactionRows(schema, BatchRows);
        while (reader.TryRead(batch, out _))
        {
            if (batch.Count < BatchRows) continue;
            yield return batch;
            batch.Clear();
        }
        if (batch.Count > 0) yield return batch;
    }

    /// <summary>Whole batches with at most this many rows in total.</summary>
    static IEnumerable<TransactionRows> First(IEnumerable<TransactionRows> batches, int rows)
    {
        var seen = 0;
        foreach (var batch in batches)
        {
            seen += batch.Count;
            if (seen > rows) yield break;
            yield return batch;
        }
    }
}
