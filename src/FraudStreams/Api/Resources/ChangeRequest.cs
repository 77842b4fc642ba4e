using System.Text.Json;
using FraudStreams.Api.Protocols;
using FraudStreams.Api.Security;
using Microsoft.AspNetCore.Http;

namespace FraudStreams.Api.Resources;

/// <summary>A request that changes something: a JSON object with who does it and why, and what else it takes.</summary>
sealed class ChangeRequest
{
    const int LongestText = 1_000;

    readonly Dictionary<string, JsonElement> _values;
    readonly string? _caller;

    ChangeRequest(Dictionary<string, JsonElement> values, string? caller) => (_values, _caller) = (values, caller);

    /// <summary>Who does it: who asks, where that is known, and else whom the request names.</summary>
    public string Actor => _caller ?? Text("actor")!;

    public string Why => Text("why")!;

    /// <exception cref="RequestException">It is none, has another key, or does not say who and why.</exception>
    public static async Task<ChangeRequest> ReadAsync(HttpRequest request, params string[] keys)
    {
        RequestBody.MustBeJson(request);
        Dictionary<string, JsonElement>? values = null;
        try
        {
            values = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>((await RequestBody.ReadAsync(request)).Span);
        }
        catch (JsonException)
        {
            // As null.
        }

        if (values is null || values.Keys.Any(key => key is not ("actor" or "why") && !keys.Contains(key)))
            throw Wrong("the request", $"a JSON object with {string.Join(", ", keys.Concat(["actor", "why"]))}");
        var user = request.HttpContext.User;
        var change = new ChangeRequest(values, user.IsVerified() ? user.NameOf() : null);
        if (user.IsVerified() && change.Text("actor") is { } actor && actor != user.NameOf())
            throw Wrong("actor", "left out: what you do is signed with your own name");
        foreach (var key in user.IsVerified() ? ["why"] : (string[])["actor", "why"])
        {
            if (string.IsNullOrWhiteSpace(change.Text(key)))
                throw Wrong(key, "a text: changes are signed, with their reason");
        }

        return change;
    }

    public static RequestException Wrong(string key, string right) => new(StatusCodes.Status400BadRequest, "change", "A change that makes no sense", $"{key} must be {right}.");

    /// <summary>Null where the key is missing.</summary>
    public string? Text(string key) => !_values.TryGetValue(key, out var value) ? null
        : value.ValueKind == JsonValueKind.String && value.GetString() is { Length: <= LongestText } text && !text.Any(char.IsControl) ? text
        : throw Wrong(key, $"a text of one line, at most {LongestText:N0} characters");

    public double? Number(string key) => !_values.TryGetValue(key, out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : throw Wrong(key, "a number");
}
