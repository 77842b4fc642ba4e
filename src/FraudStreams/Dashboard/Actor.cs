using System.Security.Claims;
using FraudStreams.Access;
using FraudStreams.Access.Keys;
using FraudStreams.Api;
using FraudStreams.Api.Security;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.JSInterop;

namespace FraudStreams.Dashboard;

/// <summary>
/// Who looks at one circuit of the page: what they may, and how decisions and changes are signed. Without authentication the name is what they say it is; by
/// default the user of this machine.
/// </summary>
sealed class Actor(IJSRuntime script, AuthenticationStateProvider signedIn, KeyLog keys, TimeProvider time)
{
    /// <summary>Four bytes a character fit into a label.</summary>
    const int Longest = 50;

    ClaimsPrincipal _user = new();
    Task? _loaded;

    public string Name { get; private set; } = Environment.UserName;

    /// <summary>Whether it is known who it is: then nobody renames them.</summary>
    public bool IsVerified => _user.IsVerified();

    public string Roles => _user.RolesOf();

    /// <summary>Takes who signed in, or the name that this browser knows. Once the page is there.</summary>
    public Task LoadAsync() => _loaded ??= TakeAsync();

    /// <summary>For what is shown; what is done is asked for with <see cref="DemandAsync"/>.</summary>
    public bool May(AccessRole least) => _user.May(least);

    /// <exception cref="RequestException">They may not, or their sign-in has ended: it was long ago, or its key was revoked since.</exception>
    public async Task DemandAsync(AccessRole least)
    {
        if (!await keys.StillKnowsAsync(_user, time.GetUtcNow(), CancellationToken.None))
            throw new RequestException(StatusCodes.Status401Unauthorized, "unauthenticated", "The sign-in has ended", "You are signed in no more: load the page anew, and sign in.");
        if (!_user.May(least))
            throw Caller.Refused(_user, least);
    }

    /// <summary>Whether the name was taken: one line, not empty. The browser keeps it.</summary>
    public async Task<bool> TryRenameAsync(string? name)
    {
        if (IsVerified || !TryTake(name))
            return false;
        await script.InvokeVoidAsync("page.rename", Name);
        return true;
    }

    async Task TakeAsync()
    {
        _user = (await signedIn.GetAuthenticationStateAsync()).User;
        if (IsVerified)
            Name = _user.NameOf();
        else
            TryTake(await script.InvokeAsync<string?>("page.name"));
    }

    bool TryTake(string? name)
    {
        name = name?.Trim();
        if (string.IsNullOrEmpty(name) || name.Length > Longest || name.Any(char.IsControl))
            return false;
        Name = name;
        return true;
    }
}
