using System.Text;
using FraudStreams.Messaging;
using FraudStreams.Model.Csv;
using FraudStreams.Topics;

namespace FraudStreams.Labels;

/// <summary>How many rows of a file were imported as labels, and how many were refused.</summary>
public sealed record LabelImportResult(long Imported, long Refused);

/// <summary>
/// Publishes a file of labels to `labels`, keyed by the payments' ids. Rows that are no labels are reported with their line and skipped. Importing a
/// file again, after an interruption too, publishes its labels again, which is idempotent: it changes nothing in the store.
/// </summary>
public static class LabelImport
{
    const int BatchRecords = 1000;

    /// <param name="file">The file, from its first byte.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="topics">The log to publish to.</param>
    /// <param name="onRefused">Called with a message for each row that is no label: file, line, column and what would be right.</param>
    /// <param name="progress">Called with the share of the file that is published, 0 to 1.</param>
    /// <param name="cancellationToken">Stops the import between two batches.</param>
    /// <exception cref="Model.Schemas.SchemaException">The first line lacks a column.</exception>
    public static async Task<LabelImportResult> RunAsync(
        Stream file, string name, IMessageLog topics, Action<string> onRefused, Action<double> progress, CancellationToken cancellationToken)
    {
        using var rows = new LabelCsvReader(file, name);
        var result = new LabelImportResult(0, 0);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
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

            await topics.PublishAsync(batch, cancellationToken);
            result = result with { Imported = result.Imported + count };
            progress(rows.Offset / (double)file.Length);
        }
    }
}
