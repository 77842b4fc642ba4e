namespace FraudStreams.Model.Schemas;

/// <summary>The rules of how files are written.</summary>
sealed partial class SchemaRules
{
    void CheckCsv()
    {
        var csv = _draft.Csv;
        Require(
            csv.Encoding is null || CsvFormat.EncodingOf(csv.Encoding) is not null,
            "csv.encoding",
            $"is \"{csv.Encoding}\", which is no encoding known here; utf-8, utf-16, latin-1 and windows-1252 are some");
        OneOf("separator", csv.Separator, c => c is '\t' or >= ' ' and <= '~' && !char.IsAsciiLetterOrDigit(c) && c is not ('"' or '.' or '-' or '+'), "one such as \";\", or tab");
        OneOf("quote", csv.Quote, c => c is '\0' or '"' or '\'' or '`' or '|' or '^', "\", ' or none");
        OneOf("decimal", csv.Decimal, c => c is ',' or '.', "\",\" or \".\"");
        OneOf("thousands", csv.Thousands, c => c is ',' or '.' or ' ' or '\'' or '\u2019', "\".\", \",\", \"'\" or space");
        Require(csv.Separator is null || csv.Separator != csv.Quote, "csv.quote", "is the separator too");
        Require(csv.Thousands is null || csv.Thousands != (csv.Decimal ?? '.'), "csv.thousands", "is the decimal mark too; say decimal = \",\" beside it");
        Require(csv.Fraud.IsEmpty && csv.Legitimate.IsEmpty || _draft.Roles.Label is not null, "csv.labels", "has words for a label, and roles.label names no field");
        foreach (var word in csv.Fraud.Intersect(csv.Legitimate, StringComparer.OrdinalIgnoreCase))
            _problems.Add($"csv.labels: {word} stands for both");
        foreach (var (name, words) in new[] { ("labels.fraud", csv.Fraud), ("labels.legitimate", csv.Legitimate), ("missing", csv.Missing) })
            Require(words.All(word => word.Length is > 0 and <= CsvFormat.LongestWord), $"csv.{name}", $"has a word of more than {CsvFormat.LongestWord} characters, or of none");
    }

    void OneOf(string key, char? character, Predicate<char> may, string right) => Require(character is not { } c || may(c), $"csv.{key}", $"is \"{character}\"; it must be {right}");
}
