using System.Collections.Immutable;
using FraudStreams.Alerting.Channels.Smtp;
using MimeKit;

namespace FraudStreams.Alerting.Channels.Files;

/// <summary>
/// Writes each message as a mail file (.eml) that mail programs open. A file is there whole or not at all, and a message that is sent again
/// replaces its own.
/// </summary>
public sealed class FolderMailTransport : IAlertTransport
{
    readonly string _folder;
    readonly MailboxAddress _from;
    readonly ImmutableArray<MailboxAddress> _to;
    readonly FormatOptions _format;
    readonly TimeProvider _time;

    public FolderMailTransport(string folder, string from, IEnumerable<string> to, TimeProvider time)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        _from = MailboxAddress.Parse(from);
        _to = MailMime.Recipients(to);
        _format = MailMime.Format(MailMime.NeedUtf8(_to.Add(_from)));
        _time = time;
        Channel = $"folder {Path.GetFileName(_folder)}";
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

                // As for a server that takes no more than ASCII in short lines: whoever opens the file may be no wiser.
                mail.Prepare(EncodingConstraint.SevenBit);
                await mail.WriteToAsync(_format, stream, token);
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
