using System.Globalization;
using System.Text;

namespace FraudStreams.Alerts;

/// <summary>
/// Writes each alert as a mail file (.eml) that mail programs open. A file is there whole or not at all, and an alert that is sent again
/// replaces its own.
/// </summary>
public sealed class FolderMailTransport : IMailTransport
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

    public async Task SendAsync(Alert alert, CancellationToken token)
    {
        var file = Path.Combine(_folder, $"alert-{alert.Name}.eml");
        var part = file + ".part";
        try
        {
            await using (var stream = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None, 4096, FileOptions.Asynchronous))
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(Text(alert)), token);
                stream.Flush(flushToDisk: true);
            }

            File.Move(part, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AlertDeliveryException(alert, Channel, e.Message, e);
        }
    }

    /// <summary>A message as RFC 5322 and MIME (RFC 2045, 2047) write it, in ASCII.</summary>
    string Text(Alert alert) =>
        $"""
        Message-ID: {alert.MessageId}
        Date: {_time.GetUtcNow().ToString("ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture)}
        From: {_from}
        To: {_to}
        Subject: {MimeText.Header(alert.Subject)}
        Auto-Submitted: auto-generated
        MIME-Version: 1.0
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable

        {MimeText.QuotedPrintable(alert.Body)}
        """.ReplaceLineEndings("\r\n");
}
