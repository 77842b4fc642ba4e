using System.Globalization;
using System.Security.Claims;
using FraudStreams.Access;
using FraudStreams.Access.Keys;
using FraudStreams.Configuration;
using Microsoft.AspNetCore.Http;

namespace FraudStreams.Api.Security;

/// <summary>Who asks, as the schemes of <see cref="ApiAuthentication"/> give them: a name that signs changes, and roles.</summary>
static class Caller
{
    /// <summary>Of who works on this machine, where nobody has to say who it is.</summary>
    public const string LocalUser = "local-user";

    const string NameClaim = "name", RoleClaim = "role", KeyClaim = "key", EndClaim = "end";

    /// <summary>Four bytes a character fit into a label.</summary>
    const int LongestName = 50;

    /// <summary>Whoever works on this machine. Made once: the system looks a user's name up in files.</summary>
    public static ClaimsPrincipal Local { get; } = Of(Environment.UserName, [AccessRole.Admin], LocalUser);

    public static ClaimsPrincipal Of(ApiKey key) => Of(key.Name, [key.Role], ApiAuthentication.KeyScheme, key.Hash);

    /// <summary>Of a token that was validated.</summary>
    public static ClaimsPrincipal Of(ClaimsPrincipal token, OidcSettings oidc)
    {
        var name = token.FindFirst(oidc.NameClaim)?.Value ?? token.FindFirst("email")?.Value ?? token.FindFirst("sub")?.Value ?? "";
        var roles = token.FindAll(oidc.RoleClaim).SelectMany(claim => claim.Value.Split(' ', ',')).Select(AccessRoles.Find).OfType<AccessRole>();
        return Of(name, roles, ApiAuthentication.TokenScheme);
    }

    /// <summary>Whether it is known who it is, and not only that they reach this machine.</summary>
    public static bool IsVerified(this ClaimsPrincipal user) => user.Identity is { IsAuthenticated: true } and not { AuthenticationType: LocalUser };

    public static string NameOf(this ClaimsPrincipal user) => user.Identity?.Name ?? "";

    public static string RolesOf(this ClaimsPrincipal user) => string.Join(", ", user.FindAll(RoleClaim).Select(role => role.Value));

    /// <summary>The hash of the key that they came with; null where it was none.</summary>
    public static string? KeyOf(this ClaimsPrincipal user) => user.FindFirst(KeyClaim)?.Value;

    /// <summary>The same, until a sign-in or a token ends. What lasts longer than a request asks for it.</summary>
    public static ClaimsPrincipal Until(this ClaimsPrincipal user, DateTimeOffset end)
    {
        var identity = ((ClaimsIdentity)user.Identity!).Clone();
        identity.AddClaim(new Claim(EndClaim, end.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)));
        return new ClaimsPrincipal(identity);
    }

    public static bool HasEnded(this ClaimsPrincipal user, DateTimeOffset now) =>
        user.FindFirst(EndClaim) is { } end && long.Parse(end.Value, CultureInfo.InvariantCulture) <= now.ToUnixTimeSeconds();

    public static bool May(this ClaimsPrincipal user, AccessRole least) => AccessRoles.Including(least).Any(role => user.IsInRole(role.Name()));

    /// <summary>For a query that needs more than its route.</summary>
    /// <param name="route">As <see cref="AccessTable"/> has it.</param>
    public static bool May(this HttpContext context, string route) => AccessTable.LeastOf(route) is not { } least || context.User.May(least);

    /// <exception cref="RequestException">They may not.</exception>
    public static void Demand(this HttpContext context, string route)
    {
        if (!context.May(route))
            throw Refused(context.User, AccessTable.LeastOf(route)!.Value);
    }

    public static RequestException Refused(ClaimsPrincipal user, AccessRole least) => new(
        StatusCodes.Status403Forbidden, "role", "Another role is needed",
        $"This needs the role {least.Name()}; {(user.RolesOf() is { Length: > 0 } roles ? $"{user.NameOf()} has {roles}" : $"{user.NameOf()} has none")}.");

    static ClaimsPrincipal Of(string name, IEnumerable<AccessRole> roles, string scheme, string? key = null)
    {
        var line = string.Concat(name.Where(sign => !char.IsControl(sign)).Take(LongestName));
        var identity = new ClaimsIdentity([new Claim(NameClaim, line), .. roles.Distinct().Select(role => new Claim(RoleClaim, role.Name()))], scheme, NameClaim, RoleClaim);
        if (key is not null)
            identity.AddClaim(new Claim(KeyClaim, key));
        return new ClaimsPrincipal(identity);
    }
}
