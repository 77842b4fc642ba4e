using System.Text.RegularExpressions;
using FraudStreams.Tests.WholeProgram;

namespace FraudStreams.ChaosTests;

/// <summary>A real mail server on one port that can be killed, restarted and stalled; keeps the mails of all its runs.</summary>
sealed partial class MailServer : IAsyncDisposable
{
    readonly List<string> _earlier = [];
    SmtpServer? _server;

    public int Port { get; } = SmtpServer.FreePort();

    public async Task StartAsync() => _server = await SmtpServer.StartAsync(Port);

    /// <summary>As kill -9.</summary>
    public async Task KillAsync()
    {
        await _server!.DisposeAsync();
        _earlier.AddRange(_server.Messages);
        _server = null;
    }

    /// <summary>Stops the process (SIGSTOP): connections stay open and nothing answers.</summary>
    public Task StallAsync() => _server!.StallAsync();

    public Task GoOnAsync() => _server!.GoOnAsync();

    /// <summary>The transactions of the mails received so far, one for each mail.</summary>
    public IReadOnlyList<string> Received() =>
        [.. _earlier.Concat(_server?.Messages ?? []).Select(mail => MessageId().Match(mail) is { Success: true } id ? id.Groups["name"].Value : "a mail without a Message-ID")];

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await KillAsync();
    }

    [GeneratedRegex("^Message-ID: <(?<name>.+)@", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex MessageId();
}
