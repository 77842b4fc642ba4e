using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace FraudStreams.Api.Resources;

/// <summary>The values of a request's query, each with the range that makes sense for it.</summary>
sealed class QueryValues
{
    const int Longest = 2_000;

    readonly IQueryCollection _query;

    /// <exception cref="RequestException">The query has another name, or one twice.</exception>
    public QueryValues(IQueryCollection query, string[] names)
    {
        _query = query;
        if (query.Any(value => !names.Contains(value.Key) || value.Value.Count != 1))
            throw Refused($"The query takes {string.Join(", ", names)}, each once.");
    }

    public string? Text(string name)
    {
        var text = _query[name].ToString();
        return text.Length == 0 ? null : text.Length <= Longest && !text.Contains('\0', StringComparison.Ordinal) ? text : throw Wrong(name, "a shorter text");
    }

    public int? Whole(string name, int min, int max) => Text(name) is not { } text ? null
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max ? value
        : throw Wrong(name, $"a whole number from {min} to {max}");

    public double? Number(string name) => Text(name) is not { } text ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value
        : throw Wrong(name, "a number with a decimal point");

    /// <summary>Unix milliseconds.</summary>
    public long? Time(string name) => Text(name) is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time.ToUnixTimeMilliseconds()
        : throw Wrong(name, "a time such as 2026-01-31T08:00:00Z");

    public static RequestException Wrong(string name, string right) => Refused($"{name} must be {right}.");

    static RequestException Refused(string detail) => new(StatusCodes.Status400BadRequest, "query", "A query that makes no sense", detail);
}
