using System.Security.Cryptography;
using System.Text;
using FraudStreams.Model.Formats;

namespace FraudStreams.Alerts;

/// <summary>One message about one predicted fraud. Nothing in it is secret, and every part but the body is one line.</summary>
/// <param name="TransactionId">As the payment's source wrote it: for records, never for file names or headers.</param>
/// <param name="Name">Stands for the transaction where only plain names will do; the same id always has the same one.</param>
/// <param name="Line">What the console shows.</param>
public sealed record Alert(string TransactionId, string Name, string Subject, string Body, string Line)
{
    const int LongestName = 80;

    public static Alert Of(PredictionRows rows, int row, AlertTemplate template)
    {
        var schema = rows.Transactions.Schema;
        var id = rows.Transactions.Id(row);
        var card = schema.CardField < 0 ? "" : $"  card {AlertText.Of(rows, row, schema.CardField)}";
        var merchant = schema.MerchantField < 0 ? "" : $"  at {AlertText.Of(rows, row, schema.MerchantField)}";
        return new Alert(
            Encoding.UTF8.GetString(id),
            NameOf(id),
            template.Subject(rows, row),
            template.Body(rows, row),
            $"{AlertText.Time(rows.Transactions.EventTime(row))}  {AlertText.Of(rows, row, schema.AmountField)}{card}{merchant}  " +
            $"score {rows.Score(row):0.000}  transaction {AlertText.Of(rows, row, schema.IdField)}");
    }

    /// <summary>A Message-ID (RFC 5322): the same transaction gets the same, so that mail programs show a message that came twice once.</summary>
    public string MessageId => $"<{Name}@fraudstreams.invalid>";

    /// <summary>
    /// The id itself where it is short and of lower-case letters, digits, "-" and "_" only, so that it is one name in every file system;
    /// else its SHA-256.
    /// </summary>
    static string NameOf(ReadOnlySpan<byte> id) => id.Length is > 0 and <= LongestName && !id.ContainsAnyExcept(Plain)
        ? Encoding.ASCII.GetString(id)
        : $"sha256-{Convert.ToHexStringLower(SHA256.HashData(id))}";

    static readonly System.Buffers.SearchValues<byte> Plain = System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_"u8);
}
