using System.Globalization;
using System.Text;

namespace FraudStreams.Alerts;

/// <summary>
/// Writes each message as a mail file (.eml) that mail programs open. A file is there whole or not at all, and a message that is sent again
/// replaces its own.
/// </summary>
public sealed class FolderMailTransport : IAlertTransport
{
    readonly string _folder;
    readonly string _from;
    readonly string _to;
    readonly TimeProvider _time;

    public FolderMailTransport(string folder, string from, IEnumerable<string> to, TimeProvider time)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        _from = from;
        _to = string.Join(", ", to);
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
                await stream.WriteAsync(Encoding.ASCII.GetBytes(Text(message)), token);
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

    /// <summary>A message as RFC 5322 and MIME (RFC 2045, 2047) write it, in ASCII.</summary>
    string Text(AlertMessage message) =>
        $"""
        Message-ID: {message.MessageId}
        Date: {_time.GetUtcNow().ToString("ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture)}
        From: {_from}
        To: {_to}
        Subject: {MimeText.Header(message.Subject)}
        Auto-Submitted: auto-generated
        MIME-Version: 1.0
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable

        {MimeText.QuotedPrintable(message.Text)}
        """.ReplaceLineEndings("\r\n");
}
