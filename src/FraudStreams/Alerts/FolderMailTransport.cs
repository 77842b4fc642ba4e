using System.Collections.Immutable;
using MimeKit;

namespace FraudStreams.Alerts;

/// <summary>
/// Writes each message as a mail file (.eml) that mail programs open. A file is there whole or not at all, and a message that is sent again
/// replaces its own.
/// </summary>
public sealed class FolderMailTransport : IAlertTransport
{
    /// <summary>Lines end as in a mail on its way, on every system.</summary>
    static readonly FormatOptions Format = DosLines();

    readonly string _folder;
    readonly string _from;
    readonly ImmutableArray<string> _to;
    readonly TimeProvider _time;

    public FolderMailTransport(string folder, string from, IEnumerable<string> to, TimeProvider time)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        _from = from;
        _to = [.. to];
        _time = time;
        Channel = $"folder {Path.GetFileName(_folder)}";
    }

    static FormatOptions DosLines()
    {
        var options = FormatOptions.Default.Clone();
        options.NewLineFormat = NewLineFormat.Dos;
        return options;
    }

    public string Channel { get; }

    /// <summary>A disk has no timeout; this is what another host would have to wait for.</summary>
    public TimeSpan Timeout => TimeSpan.FromSeconds(10);

    public void Dispose()
    {
    }

    public async Task<Delivery> SendAsync(AlertMessage message, CancellationToken token)
    {
        var file = Path.Combine(_folder, $"alert-{message.Name}.eml");
        var part = file + ".part";
        try
        {
            await using (var stream = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None, 4096, FileOptions.Asynchronous))
            {
                using var mail = MailMime.Of(message, _from, _to, _time.GetUtcNow());
                await mail.WriteToAsync(Format, stream, token);
                stream.Flush(flushToDisk: true);
            }

            File.Move(part, file, overwrite: true);
            return Delivery.Complete;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AlertDeliveryException(DeliveryFault.Unavailable, e.Message, e);
        }
    }
}
