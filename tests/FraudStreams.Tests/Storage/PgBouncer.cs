using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using FraudStreams.Storage.Postgres;
using Npgsql;
using Xunit;

namespace FraudStreams.Tests.Storage;

/// <summary>A test through a real PgBouncer before a real PostgreSQL. Skipped where either is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class PgBouncerFactAttribute : FactAttribute
{
    public PgBouncerFactAttribute() => Skip = PostgresServer.WhyNot ?? PgBouncer.WhyNot;
}

/// <summary>The same, where the server has to be the test's own.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class OwnPgBouncerFactAttribute : FactAttribute
{
    public OwnPgBouncerFactAttribute() => Skip = PostgresServer.WhyNotOwn ?? PgBouncer.WhyNot;
}

/// <summary>
/// PgBouncer before a test's server, on loopback and a free port, its files in a temporary folder. It has a given number of server sessions, and none of
/// the settings that make it more tolerant than by default. It does not run as root: there it becomes user postgres.
/// </summary>
sealed class PgBouncer : IAsyncDisposable
{
    static readonly string? s_program = FindProgram();

    readonly TemporaryFolder _folder = new();
    readonly ConcurrentQueue<string> _log = new();
    readonly int _port = PostgresServer.FreePort();
    readonly Process _process;

    PgBouncer(PostgresStoreSettings store, string mode, int sessions)
    {
        var server = new NpgsqlConnectionStringBuilder(store.Connection);
        var users = Path.Combine(_folder, "users");
        File.WriteAllText(users, $"\"{server.Username}\" \"{store.Password.Reveal()}\"\n");
        var settings = Path.Combine(_folder, "pgbouncer.ini");
        File.WriteAllText(settings, $"""
            [databases]
            {server.Database} = host={server.Host} port={server.Port}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {_port}
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = {users}
            pool_mode = {mode}
            default_pool_size = {sessions}
            server_login_retry = 1
            {(Environment.IsPrivilegedProcess ? "user = postgres" : "")}

            """);
        PostgresServer.GiveTo(_folder);
        _process = Process.Start(new ProcessStartInfo(s_program!, [settings]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true })!;
        _process.OutputDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _log.Enqueue(line.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Why none can be started here, or null.</summary>
    public static string? WhyNot => s_program is null ? "needs PgBouncer: pgbouncer on the PATH or in /usr/sbin (apt-get install pgbouncer)" : null;

    /// <param name="store">A store on the server behind it, whose user may connect.</param>
    /// <param name="mode">The pool mode: session, transaction or statement.</param>
    /// <param name="sessions">The number of server sessions in the pool.</param>
    public static async Task<PgBouncer> StartAsync(PostgresStoreSettings store, string mode = "transaction", int sessions = 2)
    {
        var started = new PgBouncer(store, mode, sessions);
        try
        {
            await Eventually.TrueAsync(started.Answers, everyMilliseconds: 10);
            return started;
        }
        catch
        {
            await started.DisposeAsync();
            throw;
        }
    }

    /// <summary>The same store through the pool.</summary>
    public PostgresStoreSettings Before(PostgresStoreSettings store)
    {
        var connection = new NpgsqlConnectionStringBuilder(store.Connection) { Host = "127.0.0.1", Port = _port };
        return store with { Connection = connection.ConnectionString };
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    bool Answers()
    {
        if (_process.HasExited) throw new InvalidOperationException($"PgBouncer ended: {string.Join('\n', _log)}");
        try
        {
            using var client = new TcpClient("127.0.0.1", _port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    static string? FindProgram() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Append("/usr/sbin").Select(folder => Path.Combine(folder, "pgbouncer")).FirstOrDefault(File.Exists);
}
