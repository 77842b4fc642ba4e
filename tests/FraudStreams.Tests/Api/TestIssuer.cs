using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace FraudStreams.Tests.Api;

/// <summary>
/// A small OpenID Connect issuer of the tests' own, on loopback: discovery, keys, and the code flow with PKCE for one person who is always signed in. It stands
/// for Keycloak, Entra and the like, of which none can run here.
/// </summary>
sealed class TestIssuer : IAsyncDisposable
{
    public const string Client = "fraudstreams-page", Secret = "the client's secret";

    readonly RsaSecurityKey _key = new(RSA.Create(2048)) { KeyId = "one" };
    readonly ConcurrentDictionary<string, (string Nonce, string Challenge, string Redirect)> _codes = [];
    readonly WebApplication _web;

    TestIssuer(WebApplication web) => _web = web;

    /// <summary>As tokens have it.</summary>
    public string Address => _web.Urls.Single();

    /// <summary>What tokens of people who sign in at the page say.</summary>
    public Dictionary<string, object> Person { get; } = new() { ["sub"] = "7", ["preferred_username"] = "maria", ["roles"] = new[] { "analyst" } };

    public static async Task<TestIssuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var web = builder.Build();
        var issuer = new TestIssuer(web);
        web.Urls.Add("http://127.0.0.1:0");
        web.MapGet("/.well-known/openid-configuration", () => new Dictionary<string, object>
        {
            ["issuer"] = issuer.Address,
            ["jwks_uri"] = $"{issuer.Address}/keys",
            ["authorization_endpoint"] = $"{issuer.Address}/authorize",
            ["token_endpoint"] = $"{issuer.Address}/token",
            ["response_types_supported"] = new[] { "code" },
            ["subject_types_supported"] = new[] { "public" },
            ["id_token_signing_alg_values_supported"] = new[] { "RS256" },
        });
        web.MapGet("/keys", issuer.Keys);
        web.MapGet("/authorize", issuer.Authorize);
        web.MapPost("/token", issuer.TokenAsync);
        await web.StartAsync();
        return issuer;
    }

    /// <summary>A token as the API gets it.</summary>
    public string Token(string audience, string role, string? issuer = null, TimeSpan? age = null, RsaSecurityKey? key = null) =>
        Sign(audience, new() { ["sub"] = "8", ["preferred_username"] = "otto", ["roles"] = role }, issuer, age, key);

    public ValueTask DisposeAsync() => _web.DisposeAsync();

    string Sign(string audience, Dictionary<string, object> claims, string? issuer = null, TimeSpan? age = null, RsaSecurityKey? key = null)
    {
        var made = TimeProvider.System.GetUtcNow().UtcDateTime - (age ?? TimeSpan.Zero);
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer ?? Address,
            Audience = audience,
            IssuedAt = made,
            NotBefore = made,
            Expires = made.AddMinutes(10),
            Claims = claims,
            SigningCredentials = new SigningCredentials(key ?? _key, SecurityAlgorithms.RsaSha256),
        });
    }

    object Keys()
    {
        var key = JsonWebKeyConverter.ConvertFromRSASecurityKey(_key);
        return new { keys = new[] { new { kty = "RSA", use = "sig", alg = "RS256", kid = key.Kid, n = key.N, e = key.E } } };
    }

    IResult Authorize(HttpRequest request)
    {
        var query = request.Query;
        var code = Guid.NewGuid().ToString("N");
        _codes[code] = (query["nonce"].ToString(), query["code_challenge"].ToString(), query["redirect_uri"].ToString());
        if (query["client_id"] != Client || query["response_type"] != "code" || query["code_challenge_method"] != "S256")
            return Results.BadRequest("not the code flow with PKCE of the client");
        return Results.Redirect(QueryHelpers.AddQueryString(query["redirect_uri"].ToString(), new Dictionary<string, string?> { ["code"] = code, ["state"] = query["state"] }));
    }

    async Task<IResult> TokenAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        var challenge = WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())));
        if (!_codes.TryRemove(form["code"].ToString(), out var asked) || asked.Challenge != challenge || form["client_secret"] != Secret || form["redirect_uri"] != asked.Redirect)
            return Results.BadRequest(new { error = "invalid_grant" });
        return Results.Json(new { access_token = "unused", token_type = "Bearer", id_token = Sign(Client, new Dictionary<string, object>(Person) { ["nonce"] = asked.Nonce }) });
    }
}
