using System.Text;
using FraudStreams.Messaging;
using FraudStreams.Model.Csv;
using FraudStreams.Topics;

namespace FraudStreams.Labels;

/// <summary>How many rows of a file became labels, and how many are none.</summary>
public sealed record LabelImportResult(long Imported, long Refused);

/// <summary>
/// Publishes a file of labels to `labels`, each by its payment's id. What is no label is told with its line and left out. Doing it again
/// publishes them again, which changes nothing where they arrive; so does going on after it was stopped half-way.
/// </summary>
public static class LabelImport
{
    const int BatchRecords = 1000;

    /// <param name="file">The file, from its first byte.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="topics">Where the labels go.</param>
    /// <param name="onRefused">Told a sentence for each row that is no label: file, line, column and what would be right.</param>
    /// <param name="progress">Told the share of the file that is published, 0 to 1.</param>
    /// <param name="ct">Stops it between two batches.</param>
    /// <exception cref="Model.Schema.SchemaException">The first line lacks a column.</exception>
    public static async Task<LabelImportResult> RunAsync(
        Stream file, string name, IMessageLog topics, Action<string> onRefused, Action<double> progress, CancellationToken ct)
    {
        using var rows = new LabelCsvReader(file, name);
        var result = new LabelImportResult(0, 0);
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            var batch = new RecordBatch(BatchRecords);
            while (batch.Count < BatchRecords && rows.TryRead(out var label, out var reason))
            {
                if (label is not null)
                {
                    batch.Add(TopicNames.Labels, Encoding.UTF8.GetBytes(label.Id), label, static (into, label) => label.Write(into));
                }
                else
                {
                    onRefused($"{name}, line {rows.Line}: {reason!.Message}");
                    result = result with { Refused = result.Refused + 1 };
                }
            }

            var count = batch.Count;
            if (count == 0)
            {
                batch.Dispose();
                return result;
            }

            await topics.PublishAsync(batch, ct);
            result = result with { Imported = result.Imported + count };
            progress(rows.Offset / (double)file.Length);
        }
    }
}
