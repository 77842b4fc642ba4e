using System.Collections.Immutable;
using System.Text;
using FraudStreams.Configuration;
using FraudStreams.Model.Schemas;

namespace FraudStreams.Alerting;

/// <summary>
/// The text of a message: a subject line and a body with placeholders in braces. A placeholder is one of <see cref="Own"/> or a field of
/// the schema; a secret field's value appears masked. A digest has a line for each alert.
/// </summary>
public sealed class AlertTemplate
{
    /// <summary>Placeholders that every schema has; "merchant" and "card" say "unknown" where the schema has no such field; "reasons" has a line for each.</summary>
    public static readonly ImmutableArray<string> Own = ["transaction", "card", "amount", "merchant", "time", "score", "model_version", "scored_at", AlertText.Reasons];

    /// <summary>The template used when the settings name no file.</summary>
    public const string Default =
        """
        Subject: Fraud suspected: {amount} at {merchant}, card {card}

        A payment was scored as fraud.

        Transaction  {transaction}
        Card         {card}
        Amount       {amount}
        Merchant     {merchant}
        Paid at      {time}
        Score        {score}
        Model        {model_version}
        Scored at    {scored_at}

        What raises the score:
        {reasons}
        """;

    const string SubjectStart = "Subject:";

    static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    readonly ImmutableArray<Part> _subject;
    readonly ImmutableArray<Part> _body;

    AlertTemplate(ImmutableArray<Part> subject, ImmutableArray<Part> body)
    {
        _subject = subject;
        _body = body;
    }

    /// <summary>Literal text, or a placeholder's name.</summary>
    readonly record struct Part(string Text, bool IsPlaceholder = false);

    /// <param name="text">"Subject: …" as the first line, a blank line, and the body. A doubled brace is a literal brace.</param>
    /// <param name="schema">The schema whose fields placeholders may name.</param>
    /// <param name="source">The template's name in error messages, such as its file.</param>
    /// <exception cref="SettingsException">There is no subject, or a placeholder is unknown or not closed.</exception>
    public static AlertTemplate Parse(string text, TransactionSchema schema, string source)
    {
        var lines = text.ReplaceLineEndings("\n").TrimStart('\uFEFF').Split('\n');
        if (!lines[0].StartsWith(SubjectStart, StringComparison.OrdinalIgnoreCase) || lines[0].Length == SubjectStart.Length)
            throw new SettingsException($"{source}, line 1: the template must begin with \"{SubjectStart} ...\"");
        if (lines.Length < 2 || lines[1].Trim().Length > 0)
            throw new SettingsException($"{source}, line 2: it must be blank, between the subject and the body");
        var parts = new List<Part>();
        for (var i = 2; i < lines.Length; i++)
        {
            ParseLine(lines[i], schema, $"{source}, line {i + 1}", parts);
            parts.Add(new Part("\n"));
        }

        var subject = new List<Part>();
        ParseLine(lines[0][SubjectStart.Length..].Trim(), schema, $"{source}, line 1", subject);
        return new AlertTemplate([.. subject], [.. parts]);
    }

    /// <summary>Reads the template file, or takes the default where none is named.</summary>
    public static AlertTemplate Of(string? file, TransactionSchema schema)
    {
        if (file is null)
            return Parse(Default, schema, "the default template");
        try
        {
            return Parse(File.ReadAllText(file, StrictUtf8), schema, file);
        }
        catch (DecoderFallbackException e)
        {
            throw new SettingsException($"the alert template {file} is not UTF-8 text; `iconv -f WINDOWS-1252 -t UTF-8` makes it that", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"the alert template {file} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>One line, whatever the values are.</summary>
    public string Subject(AlertMessage message) => message.Alerts is [var alert] ? Subject(alert) : $"Fraud suspected: {message.Alerts.Length} payments";

    /// <inheritdoc cref="Subject(AlertMessage)"/>
    public string Subject(Alert alert) => alert.Subject ?? AlertText.Line(Fill(_subject, alert));

    public string Text(AlertMessage message)
    {
        if (message.Alerts is [var alert])
            return Text(alert);
        var text = new StringBuilder($"{message.Alerts.Length} payments were scored as fraud.\n\n");
        foreach (var one in message.Alerts)
            text.Append(AlertText.LineOf(one)).Append('\n');
        return text.ToString();
    }

    public string Text(Alert alert) => alert.Body ?? Fill(_body, alert).TrimEnd() + "\n";

    static string Fill(ImmutableArray<Part> parts, Alert alert)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
            text.Append(part.IsPlaceholder ? AlertText.ValueOf(alert, part.Text) : part.Text);
        return text.ToString();
    }

    static void ParseLine(string line, TransactionSchema schema, string location, List<Part> parts)
    {
        for (var at = 0; at < line.Length;)
        {
            var brace = line.AsSpan(at).IndexOfAny('{', '}');
            if (brace < 0)
            {
                parts.Add(new Part(line[at..]));
                return;
            }

            parts.Add(new Part(line.Substring(at, brace)));
            at += brace;
            if (at + 1 < line.Length && line[at + 1] == line[at])
            {
                parts.Add(new Part(line[at].ToString()));
                at += 2;
                continue;
            }

            var end = line[at] == '{' ? line.IndexOf('}', at) : -1;
            if (end < 0)
                throw new SettingsException($"{location}: a lone {line[at]}; a placeholder is a name in braces, and a brace itself is written twice");
            var name = line[(at + 1)..end].Trim();
            if (!Own.Contains(name) && schema.IndexOf(name) < 0)
                throw Unknown(name, schema, location);
            parts.Add(new Part(name, IsPlaceholder: true));
            at = end + 1;
        }
    }

    static SettingsException Unknown(string name, TransactionSchema schema, string location) => new(
        $"{location}: {{{name}}} is no placeholder; there are {string.Join(", ", Own)}, and the fields of schema {schema.Name}: " +
        string.Join(", ", schema.Fields.Select(field => field.Name).Except(Own)));
}
