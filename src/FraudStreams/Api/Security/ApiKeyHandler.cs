using System.Text.Encodings.Web;
using FraudStreams.Access.Keys;
using FraudStreams.Configuration;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace FraudStreams.Api.Security;

/// <summary>Takes a key from `X-Api-Key` or `Authorization: Bearer`. It is looked up by its hash.</summary>
sealed class ApiKeyHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, KeyLog keys, ApiSettings settings)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string Header = "X-Api-Key";

    const string Bearer = "Bearer ";
    const int LongestKey = 200;

    public static string? BearerOf(HttpRequest request) =>
        request.Headers.Authorization is [{ } value] && value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? value[Bearer.Length..].Trim() : null;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var shown = Request.Headers[Header] is [{ } key] ? key : BearerOf(Request);
        if (string.IsNullOrEmpty(shown))
            return AuthenticateResult.NoResult();
        if (!settings.TakesKeys || shown.Length > LongestKey || await keys.LookUpAsync(ApiKey.HashOf(shown), Context.RequestAborted) is not { } known)
            return AuthenticateResult.Fail("the key is not in force");
        return AuthenticateResult.Success(new AuthenticationTicket(Caller.Of(known), Scheme.Name));
    }
}

/// <summary>Where nobody has to say who it is, who asks works on this machine.</summary>
sealed class LocalUserHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(Caller.Local, Scheme.Name)));
}
