using Microsoft.JSInterop;

namespace FraudStreams.Dashboard;

/// <summary>Who looks at one circuit of the page, as decisions and changes are signed. Without keys it is what they say it is; by default the user of this machine.</summary>
public sealed class Actor(IJSRuntime script)
{
    /// <summary>Four bytes a character fit into a label.</summary>
    const int Longest = 50;

    Task? _loaded;

    public string Name { get; private set; } = Environment.UserName;

    /// <summary>Takes the name that this browser knows. Once the page is there.</summary>
    public Task LoadAsync() => _loaded ??= TakeAsync();

    /// <summary>Whether the name was taken: one line, not empty. The browser keeps it.</summary>
    public async Task<bool> TryRenameAsync(string? name)
    {
        if (!TryTake(name))
            return false;
        await script.InvokeVoidAsync("page.rename", Name);
        return true;
    }

    async Task TakeAsync() => TryTake(await script.InvokeAsync<string?>("page.name"));

    bool TryTake(string? name)
    {
        name = name?.Trim();
        if (string.IsNullOrEmpty(name) || name.Length > Longest || name.Any(char.IsControl))
            return false;
        Name = name;
        return true;
    }
}
