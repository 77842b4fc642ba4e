using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace FraudStreams.Tests.Dashboard;

/// <summary>A test in a real browser, skipped with the reason where none is installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute() => Skip = Browser.Program is null ? "needs Chromium (Debian: chromium), or its path in FRAUDSTREAMS_BROWSER" : null;
}

/// <summary>A test of accessibility, skipped where axe-core is not there: .ci/run fetches it.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class AxeFactAttribute : FactAttribute
{
    public AxeFactAttribute() => Skip = new BrowserFactAttribute().Skip ?? (Axe is null ? "needs axe.min.js of the npm package axe-core, its path in FRAUDSTREAMS_AXE" : null);

    public static string? Axe { get; } = Environment.GetEnvironmentVariable("FRAUDSTREAMS_AXE") is { Length: > 0 } file && File.Exists(file) ? file : null;
}

/// <summary>Chromium without a window, started for the first test that needs it and stopped after the last.</summary>
sealed class BrowserProcess : IAsyncLifetime
{
    static readonly Lazy<Task<BrowserProcess>> s_shared = new(() => SharedServers.StartAsync(new BrowserProcess()));

    readonly TemporaryFolder _profile = new();
    readonly Process _process = new() { StartInfo = new ProcessStartInfo(Browser.Program!) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true } };

    public static Task<BrowserProcess> Shared => s_shared.Value;

    /// <summary>Of its DevTools protocol.</summary>
    public Uri Address { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        foreach (var argument in (string[])[
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-background-networking", "--hide-scrollbars",
            "--remote-debugging-port=0", $"--user-data-dir={_profile.Path}", "about:blank"])
            _process.StartInfo.ArgumentList.Add(argument);
        var listens = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.ErrorDataReceived += (_, line) =>
        {
            const string said = "DevTools listening on ";
            if (line.Data?.StartsWith(said, StringComparison.Ordinal) == true)
                listens.TrySetResult(new Uri(line.Data[said.Length..]));
        };
        _process.Start();
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        Address = await listens.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    public async Task DisposeAsync()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }

        _process.Dispose();

        // Helpers of the browser may still write for a moment.
        await Eventually.TrueAsync(() =>
        {
            try
            {
                _profile.Dispose();
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        });
    }
}

/// <summary>A page of the browser, driven over its DevTools protocol, with cookies of its own: its keys, what its console says.</summary>
sealed class Browser : IAsyncDisposable
{
    static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome"];

    readonly ClientWebSocket _socket = new();
    readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _asked = [];
    readonly ConcurrentQueue<string> _errors = [];
    readonly SemaphoreSlim _sending = new(1);
    string? _context;
    string? _session;
    int _last;

    Browser()
    {
    }

    public static string? Program { get; } = Environment.GetEnvironmentVariable("FRAUDSTREAMS_BROWSER") is { Length: > 0 } set ? set
        : s_names.SelectMany(name => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);

    /// <summary>What the console called an error, and exceptions that nobody caught.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    public static async Task<Browser> StartAsync(int width = 1440, int height = 900)
    {
        var browser = new Browser();
        await browser._socket.ConnectAsync((await BrowserProcess.Shared).Address, CancellationToken.None);
        _ = browser.ReadAsync();
        browser._context = (await browser.SendAsync("Target.createBrowserContext", [])).GetProperty("browserContextId").GetString();
        var target = (await browser.SendAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank", ["browserContextId"] = browser._context })).GetProperty("targetId").GetString();
        browser._session = (await browser.SendAsync("Target.attachToTarget", new JsonObject { ["targetId"] = target, ["flatten"] = true })).GetProperty("sessionId").GetString();
        foreach (var domain in (string[])["Page.enable", "Runtime.enable", "Log.enable"])
            await browser.SendAsync(domain, []);
        await browser.ResizeAsync(width, height);
        return browser;
    }

    public Task ResizeAsync(int width, int height) => SendAsync("Emulation.setDeviceMetricsOverride", new JsonObject
    {
        ["width"] = width,
        ["height"] = height,
        ["deviceScaleFactor"] = 1,
        ["mobile"] = width < 600,
    });

    /// <summary>What the reader prefers: light or dark.</summary>
    public Task ThemeAsync(string theme) => SendAsync("Emulation.setEmulatedMedia", new JsonObject
    {
        ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = theme }),
    });

    public Task GoToAsync(Uri address) => SendAsync("Page.navigate", new JsonObject { ["url"] = address.ToString() });

    /// <summary>The value of an expression of the page.</summary>
    public async Task<JsonElement> EvaluateAsync(string script)
    {
        var answer = await SendAsync("Runtime.evaluate", new JsonObject { ["expression"] = script, ["returnByValue"] = true, ["awaitPromise"] = true });
        answer.TryGetProperty("exceptionDetails", out var fault).ShouldBeFalse($"{script}: {fault}");
        return answer.GetProperty("result").TryGetProperty("value", out var value) ? value : default;
    }

    public async Task<string> TextAsync(string selector) => (await EvaluateAsync($"document.querySelector({Quoted(selector)})?.textContent ?? ''")).GetString()!;

    /// <summary>Waits until an expression of the page is true.</summary>
    public Task UntilAsync(string script, int limitSeconds = 20) =>
        Eventually.TrueAsync(async () =>
        {
            try
            {
                return (await EvaluateAsync($"!!({script})")).GetBoolean();
            }
            catch (InvalidOperationException)
            {
                // The page was just left for another.
                return false;
            }
        }, script, limitSeconds, everyMilliseconds: 50);

    public Task SeesAsync(string text, int limitSeconds = 20) => UntilAsync($"document.body.innerText.includes({Quoted(text)})", limitSeconds);

    public async Task ClickAsync(string selector)
    {
        await UntilAsync($"document.querySelector({Quoted(selector)})");
        await EvaluateAsync($"document.querySelector({Quoted(selector)}).click()");
    }

    /// <summary>Writes into a field as a person would, so far as the page can tell.</summary>
    public Task FillAsync(string selector, string text) => EvaluateAsync($$"""
        (() => { const field = document.querySelector({{Quoted(selector)}}); field.value = {{Quoted(text)}};
          field.dispatchEvent(new Event("input", { bubbles: true })); field.dispatchEvent(new Event("change", { bubbles: true })); })()
        """);

    public async Task PressAsync(string key)
    {
        var down = new JsonObject { ["type"] = "keyDown", ["key"] = key };
        if (key.Length == 1)
            down["text"] = key;
        await SendAsync("Input.dispatchKeyEvent", down);
        await SendAsync("Input.dispatchKeyEvent", new JsonObject { ["type"] = "keyUp", ["key"] = key });
    }

    /// <summary>What axe-core calls a serious or critical fault of the page as it is now.</summary>
    public async Task<string[]> AccessibilityFaultsAsync()
    {
        await EvaluateAsync($"{await File.ReadAllTextAsync(AxeFactAttribute.Axe!)}; undefined");
        var faults = await EvaluateAsync("""
            axe.run(document, { resultTypes: ["violations"] }).then(found => found.violations.filter(rule => rule.impact === "serious" || rule.impact === "critical")
              .flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html} ${node.failureSummary}`)))
            """);
        return [.. faults.EnumerateArray().Select(fault => fault.GetString()!)];
    }

    public async Task<byte[]> ScreenshotAsync() => (await SendAsync("Page.captureScreenshot", new JsonObject { ["format"] = "png" })).GetProperty("data").GetBytesFromBase64();

    public async ValueTask DisposeAsync()
    {
        // The browser itself is asked, not the page.
        _session = null;
        await SendAsync("Target.disposeBrowserContext", new JsonObject { ["browserContextId"] = _context });
        _socket.Dispose();
        _sending.Dispose();
    }

    static string Quoted(string text) => JsonSerializer.Serialize(text);

    async Task<JsonElement> SendAsync(string method, JsonObject parameters)
    {
        var id = Interlocked.Increment(ref _last);
        var answer = _asked[id] = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (_session is not null)
            message["sessionId"] = _session;
        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }

        return await answer.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    async Task ReadAsync()
    {
        try
        {
            using var message = new MemoryStream();
            var buffer = new byte[64 * 1024];
            while (true)
            {
                var read = await _socket.ReceiveAsync(buffer, CancellationToken.None);
                message.Write(buffer, 0, read.Count);
                if (!read.EndOfMessage)
                    continue;
                Take(JsonElement.Parse(message.GetBuffer().AsSpan(0, (int)message.Length)));
                message.SetLength(0);
            }
        }
        catch (Exception e) when (e is WebSocketException or ObjectDisposedException or OperationCanceledException)
        {
            foreach (var asked in _asked.Values)
                asked.TrySetException(new IOException("the browser has gone", e));
        }
    }

    void Take(JsonElement message)
    {
        if (message.TryGetProperty("id", out var id) && _asked.TryRemove(id.GetInt32(), out var asked))
        {
            if (message.TryGetProperty("error", out var error))
                asked.SetException(new InvalidOperationException(error.ToString()));
            else
                asked.SetResult(message.GetProperty("result"));
            return;
        }

        var isError = message.GetProperty("method").GetString() switch
        {
            "Runtime.exceptionThrown" => true,
            "Runtime.consoleAPICalled" => message.GetProperty("params").GetProperty("type").GetString() is "error" or "assert",
            "Log.entryAdded" => message.GetProperty("params").GetProperty("entry").GetProperty("level").GetString() == "error",
            _ => false,
        };
        if (isError)
            _errors.Enqueue(message.GetProperty("params").ToString());
    }
}
