using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Shouldly;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>The built program, started as a user starts it: in a current directory, with arguments and an environment.</summary>
sealed class FraudStreamsProcess : IAsyncDisposable
{
    /// <summary>The variable that names the executable of a published program; without it the program built beside the tests is started.</summary>
    const string Variable = "FRAUDSTREAMS_PROGRAM";

    const int LimitSeconds = 60;

    /// <summary>What ends within seconds on a quiet machine.</summary>
    const int ExitSeconds = 240;

    static readonly string? s_published = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? Path.GetFullPath(path) : null;

    readonly Process _process;
    readonly List<string> _output = [];
    readonly List<string> _errors = [];

    FraudStreamsProcess(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) => Add(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Add(_errors, line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output => Text(_output);

    public string Errors => Text(_errors);

    public bool HasExited => _process.HasExited;

    public static FraudStreamsProcess Start(string directory, IEnumerable<string> arguments, params IEnumerable<(string Name, string Value)> environment)
    {
        var dotnet = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";

        string[] program = s_published is null ? [dotnet, "exec", Path.Combine(AppContext.BaseDirectory, "FraudStreams.dll")] : [s_published];

        // A shell starts background jobs with SIGINT ignored, and their children inherit that.
        string[] command = OperatingSystem.IsLinux() ? ["env", "--default-signal=INT", .. program] : program;
        var start = new ProcessStartInfo(command[0])
        {
            UseShellExecute = false,
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var argument in (string[])[.. command[1..], .. arguments])
            start.ArgumentList.Add(argument);

        // A guard against attackers that costs each start a twentieth of its time, and a test nothing.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new FraudStreamsProcess(Process.Start(start)!);
    }

    /// <summary>Runs the program to its end.</summary>
    public static async Task<FraudStreamsProcess> RunAsync(string directory, params string[] arguments)
    {
        var process = Start(directory, arguments);
        await process.ExitAsync();
        return process;
    }

    /// <summary>Writes standard input, and ends it.</summary>
    public async Task InputAsync(ReadOnlyMemory<byte> content)
    {
        await _process.StandardInput.BaseStream.WriteAsync(content);
        _process.StandardInput.Close();
    }

    /// <summary>Waits for the end and gives the exit code; all output has been read then.</summary>
    public async Task<int> ExitAsync(int limitSeconds = ExitSeconds)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(limitSeconds));
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"it has not ended after {limitSeconds} s; it wrote:\n{Output}\n{Errors}", e);
        }

        return _process.ExitCode;
    }

    /// <summary>Waits for a line of standard output or standard error.</summary>
    /// <param name="times">How often it has to be there.</param>
    public Task LineAsync(string text, int times = 1) => LineAsync([text], times);

    /// <summary>Waits for a line with one of the texts.</summary>
    public Task LineAsync(params string[] texts) => LineAsync(texts, times: 1);

    async Task LineAsync(string[] texts, int times)
    {
        try
        {
            await Eventually.TrueAsync(() => HasLine(texts, times), limitSeconds: LimitSeconds, everyMilliseconds: 10);
        }
        catch (ShouldAssertException e)
        {
            throw new TimeoutException($"no \"{string.Join("\" or \"", texts)}\"; it wrote:\n{Output}\n{Errors}", e);
        }
    }

    /// <summary>The output of --json: one object, and nothing else.</summary>
    public JsonElement Json()
    {
        var json = new Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(Output));
        var value = JsonElement.ParseValue(ref json);
        value.ValueKind.ShouldBe(JsonValueKind.Object);
        json.Read().ShouldBeFalse();
        return value;
    }

    /// <summary>As Ctrl-C.</summary>
    public Task InterruptAsync() => AskToStopAsync("INT");

    public Task TerminateAsync() => AskToStopAsync("TERM");

    /// <summary>As kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await ExitAsync();
    }

    /// <summary>Stops the process (SIGSTOP): nothing in it runs until it is resumed, and its connections and locks stay.</summary>
    public Task StallAsync() => SignalAsync("STOP");

    public Task GoOnAsync() => SignalAsync("CONT");

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    bool HasLine(string[] texts, int times)
    {
        // In this order: what it wrote before it ended has been read once it is seen to have ended.
        var hasExited = HasExited;
        return texts.Any(text => $"{Output}\n{Errors}".Split(text).Length > times)
            || (hasExited ? throw new InvalidOperationException($"it ended without \"{string.Join("\" or \"", texts)}\" and wrote:\n{Output}\n{Errors}") : false);
    }

    /// <summary>A process that has just been started does not know of signals yet, and would be killed by them. When it writes its first line, it does.</summary>
    async Task AskToStopAsync(string signal)
    {
        await Eventually.TrueAsync(() => HasExited || Output.Length + Errors.Length > 0, "its first line", LimitSeconds, everyMilliseconds: 10);
        await SignalAsync(signal);
    }

    async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-s", signal, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        kill.ExitCode.ShouldBe(0);
    }

    static void Add(List<string> lines, string? line)
    {
        if (line is null)
            return;
        lock (lines)
            lines.Add(line);
    }

    static string Text(List<string> lines)
    {
        lock (lines)
            return string.Join('\n', lines);
    }
}
