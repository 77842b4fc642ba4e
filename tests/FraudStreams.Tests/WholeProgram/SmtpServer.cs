using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace FraudStreams.Tests.WholeProgram;

/// <summary>A test that needs a real mail server; skipped where python3 with aiosmtpd is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class SmtpFactAttribute : FactAttribute
{
    public SmtpFactAttribute()
    {
        if (SmtpServer.Python is null)
            Skip = "needs python3 with aiosmtpd (Debian: python3-aiosmtpd)";
    }
}

/// <summary>A real SMTP server in a process of its own, which keeps the messages that it accepts.</summary>
sealed class SmtpServer : IAsyncDisposable
{
    // Prints each message in one line; a message that cannot be printed is not accepted.
    const string Program = """
        import base64, sys, threading
        from aiosmtpd.controller import Controller
        class Keep:
            async def handle_DATA(self, server, session, envelope):
                print(base64.b64encode(envelope.content).decode(), flush=True)
                return "250 kept"
        controller = Controller(Keep(), hostname="127.0.0.1", port=int(sys.argv[1]))
        controller.start()
        print("ready", flush=True)
        sys.stdin.read()
        controller.stop()
        """;

    static readonly Lazy<string?> Found = new(() => ((string[])["python3", "/usr/bin/python3"]).FirstOrDefault(HasAiosmtpd));

    readonly Process _process;
    readonly List<string> _messages = [];
    volatile bool _ready;

    SmtpServer(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <summary>A Python with aiosmtpd, or null.</summary>
    public static string? Python => Found.Value;

    /// <summary>The messages so far, in order of arrival.</summary>
    public IReadOnlyList<string> Messages
    {
        get
        {
            lock (_messages)
                return [.. _messages];
        }
    }

    /// <summary>A free port.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Listens when it returns.</summary>
    public static async Task<SmtpServer> StartAsync(int port)
    {
        var start = new ProcessStartInfo(Python!, ["-c", Program, port.ToString(CultureInfo.InvariantCulture)])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var server = new SmtpServer(Process.Start(start)!, port);
        server._process.OutputDataReceived += server.OnLine;
        server._process.BeginOutputReadLine();
        await Eventually.TrueAsync(() => server._ready || (server._process.HasExited ? throw new InvalidOperationException("the mail server did not start") : false));
        return server;
    }

    /// <summary>Stops the process (SIGSTOP): connections stay open and nothing answers.</summary>
    public Task StallAsync() => Signals.SendAsync("STOP", _process.Id);

    public Task GoOnAsync() => Signals.SendAsync("CONT", _process.Id);

    /// <summary>As kill -9. The messages that it accepted have been read when this returns.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    static bool HasAiosmtpd(string python)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(python, ["-c", "import aiosmtpd"]) { UseShellExecute = false, RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    void OnLine(object sender, DataReceivedEventArgs line)
    {
        if (line.Data == "ready")
            _ready = true;
        if (line.Data is null or "" or "ready")
            return;
        lock (_messages)
            _messages.Add(Encoding.UTF8.GetString(Convert.FromBase64String(line.Data)));
    }
}
