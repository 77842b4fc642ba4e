using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using FraudStreams.Model.Json;
using FraudStreams.Model.Schemas;
using FraudStreams.Sqlite;
using FraudStreams.Topics;
using MimeKit;

namespace FraudStreams.Privacy;

/// <summary>What was found in one place. Never holds what was found itself.</summary>
/// <param name="Place">A topic, a table or a file.</param>
/// <param name="Kind">card-number, or secret-field.</param>
public sealed record PiiFinding(string Place, string Kind, long Count);

/// <param name="Places">How many topics, tables and files were searched.</param>
/// <param name="SecretsLimit">That many secret values were looked for, and there are more; null where all were.</param>
public sealed record PiiReport(ImmutableArray<PiiFinding> Findings, int Places, int? SecretsLimit)
{
    public bool IsClean => Findings.IsEmpty;
}

/// <summary>
/// Searches what the program wrote for card numbers, everywhere, and for values of secret fields, where the program does not keep them by design: alerts,
/// mails, logs, metrics and what is said of cases. Topics of payments, the store and snapshots keep secret fields other than the card. Not thread-safe.
/// </summary>
/// <param name="mostSecrets">Values that are looked for.</param>
sealed class PiiAudit(TransactionSchema schema, int mostSecrets = 100_000)
{
    public const string CardNumber = "card-number", SecretField = "secret-field";

    /// <summary>The topic of windows' snapshots, where topics are on Kafka.</summary>
    public const string Snapshots = "memory";

    const int ChunkBytes = 1 << 20;

    /// <summary>Shorter values, and single words such as a first name, stand in other texts by chance.</summary>
    const int LeastSecret = 8;

    static readonly string[] s_payments = [TopicNames.Transactions, TopicNames.Predictions];

    /// <summary>What keeps secret fields by design.</summary>
    static readonly string[] s_keeping = [.. s_payments, TopicNames.Rejected, TopicNames.Shadow, Snapshots];

    readonly Dictionary<(string Place, string Kind), long> _found = [];
    readonly HashSet<string> _secrets = new(StringComparer.Ordinal);
    SearchValues<string> _search = SearchValues.Create([], StringComparison.Ordinal);
    bool _isLimited;
    int _places;

    /// <summary>Whether a topic's records tell what is secret: these topics come first, and then <see cref="KnowSecrets"/>.</summary>
    public static bool IsOfPayments(string topic) => s_payments.Contains(topic);

    /// <summary>Counts a place that was searched, whether anything was found in it or not.</summary>
    public void Place() => _places++;

    /// <summary>A record of a topic.</summary>
    public void Record(string place, string topic, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Bytes(place, key);
        Bytes(place, value);
        if (topic == TopicNames.Rejected && RejectedRecord.Read(value.ToArray()) is { } rejected)
            Bytes(place, rejected.Original.Span);
        if (IsOfPayments(topic))
            TakeSecrets(value);
        else if (!s_keeping.Contains(topic))
            Outside(place, Encoding.UTF8.GetString(value));
    }

    /// <summary>Anything else: only numbers are looked for.</summary>
    public void Bytes(string place, ReadOnlySpan<byte> content) => Add(place, CardNumber, CardNumbers.Count(content));

    /// <summary>A row of the journal of alerts, whose events have the card in base64, and whose texts leave the host.</summary>
    public void Journal(string place, ReadOnlySpan<byte> content)
    {
        Bytes(place, content);
        Outside(place, Encoding.UTF8.GetString(content));
        var json = new Utf8JsonReader(content);
        try
        {
            while (json.Read())
            {
                if (json.TokenType == JsonTokenType.PropertyName && json.ValueTextEquals("key"u8) && json.Read() && json.TokenType == JsonTokenType.String && json.TryGetBytesFromBase64(out var key))
                    Bytes(place, key);
            }
        }
        catch (JsonException)
        {
            // Any other column: a name, a manifest.
        }
    }

    /// <summary>A text that leaves the host.</summary>
    public void Outside(string place, string text) => Add(place, SecretField, Count(text, _search));

    /// <summary>All payments were seen: what is secret is known.</summary>
    public void KnowSecrets() => _search = SearchValues.Create([.. _secrets], StringComparison.Ordinal);

    /// <summary>A SQLite file of the program: all texts and bytes of all tables.</summary>
    /// <param name="isJournal">Whether it is the journal of alerts.</param>
    public void Database(string path, bool isJournal)
    {
        using var file = SqliteFile.Open(path, SqliteAccess.ReadOnly, TimeSpan.FromSeconds(10));
        var tables = new List<string>();
        using (var names = file.Query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"))
        {
            while (names.Step())
                tables.Add(names.Text(0));
        }

        foreach (var table in tables)
        {
            var place = $"{Path.GetFileName(path)}, table {table}";
            Place();
            using var rows = file.Query($"SELECT * FROM {SqliteFile.Quote(table)}");
            while (rows.Step())
            {
                for (var column = 0; column < rows.Columns; column++)
                {
                    if (!rows.IsBytes(column))
                        continue;
                    if (isJournal)
                        Journal(place, rows.Bytes(column));
                    else
                        Bytes(place, rows.Bytes(column));
                }
            }
        }
    }

    /// <summary>A file: a mail is decoded; a log or metrics are what leaves the host; of anything else only numbers are looked for.</summary>
    public async Task FileAsync(string path, string place, bool isOutside, CancellationToken cancellationToken)
    {
        Place();
        if (Path.GetExtension(path) == ".eml")
        {
            var mail = await MimeMessage.LoadAsync(path, cancellationToken);
            var text = $"{mail.Subject}\n{mail.From} {mail.To}\n{mail.TextBody}\n{mail.HtmlBody}";
            Bytes(place, Encoding.UTF8.GetBytes(text));
            Outside(place, text);
            return;
        }

        await using var file = File.OpenRead(path);
        var buffer = new byte[ChunkBytes];
        var kept = 0;
        while (await file.ReadAtLeastAsync(buffer.AsMemory(kept), buffer.Length - kept, throwOnEndOfStream: false, cancellationToken) is > 0 and var read)
        {
            // Cut where no number goes on, at the end of a line if there is one.
            var length = kept + read;
            var end = length < buffer.Length ? length : EndOf(buffer.AsSpan(0, length));
            Bytes(place, buffer.AsSpan(0, end));
            if (isOutside)
                Outside(place, Encoding.UTF8.GetString(buffer, 0, end));
            buffer.AsSpan(end, length - end).CopyTo(buffer);
            kept = length - end;
        }

        Bytes(place, buffer.AsSpan(0, kept));
    }

    public PiiReport Report() => new([.. _found.Select(found => new PiiFinding(found.Key.Place, found.Key.Kind, found.Value)).OrderBy(found => found.Place, StringComparer.Ordinal)], _places, _isLimited ? mostSecrets : null);

    static int EndOf(ReadOnlySpan<byte> chunk) =>
        chunk.LastIndexOf((byte)'\n') is > 0 and var line ? line + 1 : chunk.LastIndexOfAnyExceptInRange((byte)'0', (byte)'9') is > 0 and var end ? end : chunk.Length;

    static long Count(ReadOnlySpan<char> text, SearchValues<string> secrets)
    {
        var count = 0L;
        while (text.IndexOfAny(secrets) is >= 0 and var at)
        {
            if (at == 0 || !char.IsLetterOrDigit(text[at - 1]))
                count++;
            text = text[(at + 1)..];
        }

        return count;
    }

    void Add(string place, string kind, long count)
    {
        if (count > 0)
            _found[(place, kind)] = _found.GetValueOrDefault((place, kind)) + count;
    }

    void TakeSecrets(ReadOnlySpan<byte> record)
    {
        if (_isLimited)
            return;
        try
        {
            using var json = JsonDocument.Parse(record.ToArray());
            foreach (var field in schema.Fields.Where(field => field.Secret && field.Name != schema.Roles.Card))
            {
                if (json.RootElement.TryGetProperty(field.Name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: >= LeastSecret } text
                    && (text.Contains(' ', StringComparison.Ordinal) || text.Any(char.IsDigit)))
                {
                    if (_secrets.Count < mostSecrets)
                        _secrets.Add(text);
                    else
                        _isLimited |= !_secrets.Contains(text);
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No payment: it holds no field.
        }
    }
}
