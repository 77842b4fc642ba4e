using FraudStreams.Access;
using FraudStreams.Access.Keys;
using FraudStreams.Configuration;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace FraudStreams.Api.Security;

/// <summary>
/// ASP.NET Core's authentication and authorization as the settings want them: keys, tokens of an issuer, and the page's cookie; without any of them whoever
/// works on this machine is an admin. A policy for each role, by its name.
/// </summary>
static class ApiAuthentication
{
    public const string KeyScheme = "key", TokenScheme = "token", CookieScheme = "cookie", IssuerScheme = "issuer";

    const string LocalScheme = "local", ChoosingScheme = "choosing";

    static readonly TimeSpan s_signedIn = TimeSpan.FromHours(8);

    public static void AddTo(IServiceCollection services, ApiSettings settings)
    {
        var schemes = services.AddAuthentication(settings.IsAuthenticated ? ChoosingScheme : LocalScheme);
        KeepNoKeysOnDisk(services);
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireRole(AccessRole.Admin.Name()).Build());
        services.Configure<AuthorizationOptions>(options =>
        {
            foreach (var least in Enum.GetValues<AccessRole>())
                options.AddPolicy(least.Name(), policy => policy.RequireAuthenticatedUser().RequireRole(AccessRoles.Including(least).Select(role => role.Name())));
        });
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AccessRefusals>();
        if (!settings.IsAuthenticated)
        {
            schemes.AddScheme<AuthenticationSchemeOptions, LocalUserHandler>(LocalScheme, null);
            return;
        }

        schemes.AddPolicyScheme(ChoosingScheme, null, choosing => choosing.ForwardDefaultSelector = context => SchemeOf(context.Request, settings));
        schemes.AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(KeyScheme, null);
        schemes.AddCookie(CookieScheme, cookie =>
        {
            (cookie.Cookie.Name, cookie.Cookie.HttpOnly, cookie.Cookie.SameSite) = ("fraudstreams", true, SameSiteMode.Lax);
            cookie.Cookie.SecurePolicy = settings.Tls is null ? CookieSecurePolicy.SameAsRequest : CookieSecurePolicy.Always;
            (cookie.ExpireTimeSpan, cookie.SlidingExpiration) = (s_signedIn, false);
            cookie.Events.OnSigningIn = context =>
            {
                // A circuit of the page outlives the request that it began with.
                context.Principal = context.Principal!.Until(context.Properties.ExpiresUtc!.Value);
                return Task.CompletedTask;
            };
            cookie.Events.OnValidatePrincipal = DropRevokedAsync;
        });
        if (settings.Oidc is { } oidc)
            AddIssuer(schemes, oidc);
    }

    static void AddIssuer(AuthenticationBuilder schemes, OidcSettings oidc)
    {
        var isOpen = oidc.Issuer.Scheme == Uri.UriSchemeHttp;
        schemes.AddJwtBearer(TokenScheme, bearer =>
        {
            (bearer.Authority, bearer.Audience, bearer.RequireHttpsMetadata, bearer.MapInboundClaims) = (oidc.Issuer.OriginalString, oidc.Audience, !isOpen, false);
            bearer.TokenValidationParameters.ValidIssuer = oidc.Issuer.OriginalString;
            bearer.Events = new()
            {
                OnTokenValidated = context =>
                {
                    context.Principal = Caller.Of(context.Principal!, oidc).Until(new DateTimeOffset(context.SecurityToken.ValidTo, TimeSpan.Zero));
                    return Task.CompletedTask;
                },
            };
        });
        if (oidc.ClientId is not { } client)
            return;
        schemes.AddOpenIdConnect(IssuerScheme, connect =>
        {
            (connect.Authority, connect.ClientId, connect.ClientSecret) = (oidc.Issuer.OriginalString, client, oidc.ClientSecret.IsEmpty ? null : oidc.ClientSecret.Reveal());
            (connect.RequireHttpsMetadata, connect.MapInboundClaims, connect.SignInScheme) = (!isOpen, false, CookieScheme);
            (connect.ResponseType, connect.ResponseMode, connect.CallbackPath) = (OpenIdConnectResponseType.Code, OpenIdConnectResponseMode.Query, "/ui/signed-in");

            // The answer comes as a GET, with which browsers send such cookies along.
            foreach (var cookie in (CookieBuilder[])[connect.CorrelationCookie, connect.NonceCookie])
                (cookie.SameSite, cookie.SecurePolicy) = (SameSiteMode.Lax, CookieSecurePolicy.SameAsRequest);
            connect.Events.OnTokenValidated = context =>
            {
                context.Principal = Caller.Of(context.Principal!, oidc);
                return Task.CompletedTask;
            };
            connect.Events.OnRemoteFailure = context =>
            {
                context.HandleResponse();
                context.Response.Redirect($"{SignInPage.Path}?failed=issuer");
                return Task.CompletedTask;
            };
        });
    }

    /// <summary>What a request shows: a key, a token, or the cookie of somebody who signed in at the page.</summary>
    static string SchemeOf(HttpRequest request, ApiSettings settings)
    {
        if (request.Headers.ContainsKey(ApiKeyHandler.Header))
            return KeyScheme;
        if (ApiKeyHandler.BearerOf(request) is not { } bearer)
            return CookieScheme;
        return settings.Oidc is not null && !bearer.StartsWith(ApiKey.Begin, StringComparison.Ordinal) ? TokenScheme : KeyScheme;
    }

    /// <summary>Who signed in with a key that was revoked since is signed out.</summary>
    static async Task DropRevokedAsync(CookieValidatePrincipalContext context)
    {
        var keys = context.HttpContext.RequestServices.GetRequiredService<KeyLog>();
        if (context.Principal?.KeyOf() is not { } hash || await keys.LookUpAsync(hash, context.HttpContext.RequestAborted) is not null)
            return;
        context.RejectPrincipal();
        await context.HttpContext.SignOutAsync(CookieScheme);
    }

    /// <summary>What it protects, such as cookies, ends with this process: people sign in anew after a restart.</summary>
    static void KeepNoKeysOnDisk(IServiceCollection services)
    {
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        foreach (var service in services.Where(service => service.ServiceType == typeof(IHostedService) && service.ImplementationType?.Name == "DataProtectionHostedService").ToList())
            services.Remove(service);
    }
}
