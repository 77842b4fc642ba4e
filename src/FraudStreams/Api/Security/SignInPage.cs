using System.Net;
using FraudStreams.Access.Keys;
using FraudStreams.Configuration;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FraudStreams.Api.Security;

/// <summary>Where people sign in for the page, with a key or at the issuer, and out. What is sent from a page of another origin was refused before.</summary>
sealed class SignInPage(ApiSettings settings, KeyLog keys)
{
    public const string Path = "/ui/sign-in";

    public static void Map(IEndpointRouteBuilder web, ApiSettings settings, KeyLog keys)
    {
        var page = new SignInPage(settings, keys);
        web.MapGet(Path, context => WriteAsync(context, settings, StatusCodes.Status200OK, context.Request.Query["to"].ToString())).ExcludeFromDescription();
        web.MapPost(Path, page.TakeKeyAsync).ExcludeFromDescription();
        web.MapGet($"{Path}/issuer", page.ToIssuerAsync).ExcludeFromDescription();
        web.MapPost("/ui/sign-out", page.SignOutAsync).ExcludeFromDescription();
    }

    async Task TakeKeyAsync(HttpContext context)
    {
        if (!settings.IsAuthenticated || !context.Request.HasFormContentType)
            throw new RequestException(StatusCodes.Status400BadRequest, "sign-in", "Not a sign-in", "This takes the form of the page, where keys or an issuer are set.");
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (!settings.TakesKeys || await keys.LookUpAsync(ApiKey.HashOf(form["key"].ToString().Trim()), context.RequestAborted) is not { } key)
        {
            await WriteAsync(context, settings, StatusCodes.Status401Unauthorized, form["to"].ToString());
            return;
        }

        await context.SignInAsync(ApiAuthentication.CookieScheme, Caller.Of(key));
        context.Response.Redirect(LocalPath(form["to"].ToString()));
    }

    Task ToIssuerAsync(HttpContext context) => settings.Oidc?.ClientId is null
        ? throw new RequestException(StatusCodes.Status404NotFound, "sign-in", "No issuer", "No issuer signs people in here: api.oidc.client-id is empty.")
        : context.ChallengeAsync(ApiAuthentication.IssuerScheme, new AuthenticationProperties { RedirectUri = LocalPath(context.Request.Query["to"].ToString()) });

    async Task SignOutAsync(HttpContext context)
    {
        if (settings.IsAuthenticated)
            await context.SignOutAsync(ApiAuthentication.CookieScheme);
        context.Response.Redirect(Path);
    }

    /// <summary>A page of ours, whatever the address says.</summary>
    static string LocalPath(string to) => to.StartsWith("/ui/", StringComparison.Ordinal) && !to.Contains('\\', StringComparison.Ordinal) && !to.Any(char.IsControl) ? to : "/ui/";

    static async Task WriteAsync(HttpContext context, ApiSettings settings, int status, string to)
    {
        to = LocalPath(to);
        var fault = status == StatusCodes.Status401Unauthorized ? "This key is not in force." : context.Request.Query.ContainsKey("failed") ? "The issuer did not sign you in." : "";
        var issuer = settings.Oidc?.ClientId is null ? "" : $"<p><a class=\"button\" href=\"{Path}/issuer?to={Uri.EscapeDataString(to)}\">Sign in at {WebUtility.HtmlEncode(settings.Oidc.Issuer.Host)}</a></p>";
        var key = settings.TakesKeys
            ? $"""
               <form method="post" action="{Path}">
                 <input type="hidden" name="to" value="{WebUtility.HtmlEncode(to)}" />
                 <p><label for="key">Your key</label> <input id="key" name="key" type="password" autocomplete="off" required maxlength="200" autofocus /></p>
                 <p><button type="submit" class="main">Sign in</button></p>
               </form>
               """
            : "";
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        await context.Response.WriteAsync($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
              <meta charset="utf-8" /><meta name="viewport" content="width=device-width, initial-scale=1" /><meta name="color-scheme" content="light dark" />
              <title>Sign in · FraudStreams</title>
              <base href="/ui/" /><link rel="icon" type="image/svg+xml" href="assets/icon.svg" /><script src="assets/theme.js"></script><link rel="stylesheet" href="assets/page.css" />
            </head>
            <body><main id="main"><section class="card"><h1>FraudStreams</h1><p class="fault" role="alert">{fault}</p>{issuer}{key}</section></main></body>
            </html>
            """, context.RequestAborted);
    }
}
