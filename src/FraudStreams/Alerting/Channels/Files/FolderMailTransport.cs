using System.Collections.Immutable;
using FraudStreams.Alerting.Channels.Smtp;
using MimeKit;

namespace FraudStreams.Alerting.Channels.Files;

/// <summary>
/// Writes each message as a mail file (.eml) that mail programs open. Files appear atomically, and a message that is sent again replaces its own file.
/// </summary>
public sealed class FolderMailTransport : IAlertTransport
{
    readonly string _folder;
    readonly MailboxAddress _from;
    readonly ImmutableArray<MailboxAddress> _to;
    readonly AlertTemplate _template;
    readonly FormatOptions _format;
    readonly TimeProvider _time;

    public FolderMailTransport(string folder, string from, IEnumerable<string> to, AlertTemplate template, TimeProvider time)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        _from = MailboxAddress.Parse(from);
        _to = MailMime.Recipients(to);
        _format = MailMime.Format(MailMime.NeedUtf8(_to.Add(_from)));
        _template = template;
        _time = time;
        Channel = $"folder {Path.GetFileName(_folder)}";
    }

    public string Channel { get; }

    /// <summary>A disk write has no timeout; this is what another host waits for at a takeover.</summary>
    public TimeSpan Timeout => TimeSpan.FromSeconds(10);

    public void Dispose()
    {
    }

    public async Task<Delivery> SendAsync(AlertMessage message, CancellationToken cancellationToken)
    {
        var file = Path.Combine(_folder, $"alert-{message.Name}.eml");
        var partial = file + ".part";
        try
        {
            // Somebody may have moved it away, with what was in it.
            Directory.CreateDirectory(_folder);
            await using (var stream = new FileStream(partial, FileMode.Create, FileAccess.Write, FileShare.None, 4096, FileOptions.Asynchronous))
            {
                using var mail = MailMime.Of(message, _template, _from, _to, _time.GetUtcNow());

                // ASCII in short lines, as for a server without 8BITMIME: the program that opens the file may support no more.
                mail.Prepare(EncodingConstraint.SevenBit);
                await mail.WriteToAsync(_format, stream, cancellationToken);
                stream.Flush(flushToDisk: true);
            }

            File.Move(partial, file, overwrite: true);
            return Delivery.Complete;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AlertDeliveryException(DeliveryFault.Unavailable, e.Message, e);
        }
    }
}
