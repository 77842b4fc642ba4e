using System.Collections.Concurrent;
using System.Text.Json;
using FraudStreams.Model.Schema;
using FraudStreams.Topics;

namespace FraudStreams.Alerts;

/// <summary>
/// Where alerts are written, sent and remembered until they are on record. It outlives restarts of the stream: an alert that was sent
/// before another one failed is not sent again when both are tried anew. Safe for several partitions at once.
/// </summary>
public sealed class AlertDesk(TransactionSchema schema, AlertTemplate template, IMailTransport transport, int parallel, TimeProvider time)
{
    /// <summary>Alerts under way, and sent ones that are not on record yet.</summary>
    readonly ConcurrentDictionary<string, Lazy<Task>> _sent = [];

    public static AlertDesk From(AlertSettings settings, TransactionSchema schema, string dataDirectory, TimeProvider time)
    {
        var template = settings.Template is { } file
            ? AlertTemplate.Parse(ReadTemplate(file), schema, file)
            : AlertTemplate.Parse(AlertTemplate.Default, schema, "the default template");
        IMailTransport transport = settings.Mail.Host.Length > 0
            ? new SmtpMailTransport(settings.Mail, time)
            : new FolderMailTransport(Path.Combine(dataDirectory, settings.Folder), settings.Mail.From, settings.Mail.To, time);
        return new AlertDesk(schema, template, transport, settings.Parallel, time);
    }

    public TransactionSchema Schema => schema;

    public AlertTemplate Template => template;

    /// <summary>Messages under way at once, of each partition; also how many are sent before they are put on record.</summary>
    public int Parallel => parallel;

    /// <summary>Sends an alert, unless one for its transaction is under way or was sent and is only not yet on record.</summary>
    public Task SendAsync(Alert alert, CancellationToken token) =>
        _sent.GetOrAdd(alert.TransactionId, _ => new Lazy<Task>(() => SendOnceAsync(alert, token))).Value;

    /// <summary>The alert is on record; it need not be remembered here.</summary>
    public void Forget(Alert alert) => _sent.TryRemove(alert.TransactionId, out _);

    /// <summary>Adds the record of a delivered alert: what the topic `alerts` holds.</summary>
    public void Record(Alert alert, ReadOnlySpan<byte> key, string topic, OutgoingRecords into) =>
        into.Add(topic, key, (alert, transport.Channel, time.GetUtcNow()), static (to, delivered) =>
        {
            using var json = new Utf8JsonWriter(to);
            json.WriteStartObject();
            json.WriteString("transaction", delivered.alert.TransactionId);
            json.WriteString("alerted_at", delivered.Item3.ToString("yyyy-MM-ddTHH:mm:ss.fffZ"));
            json.WriteString("channel", delivered.Channel);
            json.WriteString("message_id", delivered.alert.MessageId);
            json.WriteEndObject();
        });

    async Task SendOnceAsync(Alert alert, CancellationToken token)
    {
        try
        {
            await transport.SendAsync(alert, token);
        }
        catch
        {
            Forget(alert);
            throw;
        }
    }

    static string ReadTemplate(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new Settings.SettingsException($"the alert template {file} cannot be read: {e.Message}", e);
        }
    }
}
