using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using FraudStreams.Configuration;
using FraudStreams.Storage;
using FraudStreams.Storage.Postgres;
using Npgsql;
using Xunit;

namespace FraudStreams.Tests.Storage;

/// <summary>A test on a real PostgreSQL: a cluster of its own, created by initdb, or the server of FRAUDSTREAMS_POSTGRES. Skipped where neither is.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute()
    {
        if (PostgresServer.WhyNot is { } reason) Skip = reason;
    }
}

/// <summary>A test that stops, kills or fills the server, and so needs one of its own.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class OwnPostgresFactAttribute : FactAttribute
{
    public OwnPostgresFactAttribute()
    {
        if (PostgresServer.WhyNotOwn is { } reason) Skip = reason;
    }
}

/// <summary>
/// A PostgreSQL cluster on loopback and a free port, in a temporary folder; removed with this object. Each test
/// uses a schema of its own in it. PostgreSQL does not run as root: there it runs as user postgres, whom the Debian package creates.
/// </summary>
public sealed class PostgresServer : IAsyncLifetime
{
    public const string Variable = "FRAUDSTREAMS_POSTGRES";
    const string User = "fraudstreams";
    const string Database = "postgres";

    static readonly string? s_given = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given ? given : null;
    static readonly string? s_programs = FindPrograms();

    readonly string _folder = Path.Combine("/tmp", $"fraudstreams-pg-{Environment.ProcessId}-{Guid.NewGuid():N}");
    readonly string _password = Guid.NewGuid().ToString("N");
    readonly int _port = s_given is null ? FreePort() : 0;
    readonly string[] _settings;
    int _schemas;

    public PostgresServer() : this([])
    {
    }

    /// <param name="settings">Lines of postgresql.conf in addition to those of every test.</param>
    internal PostgresServer(params string[] settings) => _settings = settings;

    /// <summary>Why tests on PostgreSQL cannot run here, or null.</summary>
    public static string? WhyNot => s_given is null ? WhyNotOwn : null;

    /// <summary>Why no cluster of our own can be created here, or null.</summary>
    public static string? WhyNotOwn =>
        s_programs is null ? $"needs PostgreSQL: initdb and pg_ctl on the PATH or in /usr/lib/postgresql/*/bin (apt-get install postgresql), or a connection string in {Variable}"
        : !OperatingSystem.IsLinux() ? "a PostgreSQL cluster of the tests' own is made on Linux only"
        : Environment.IsPrivilegedProcess && Run("/usr/bin/id", "postgres") != 0 ? "PostgreSQL does not run as root, and there is no user postgres to run it as"
        : null;

    /// <summary>The data folder of a cluster of our own.</summary>
    public string DataFolder => Path.Combine(_folder, "data");

    /// <summary>It does not wait for the disk, which other tests keep busy: processes are killed here, and never the machine.</summary>
    public async Task InitializeAsync()
    {
        if (WhyNot is not null || s_given is not null) return;

        Directory.CreateDirectory(_folder);
        var passwordFile = Path.Combine(_folder, "password");
        await File.WriteAllTextAsync(passwordFile, _password);
        if (Environment.IsPrivilegedProcess) Run("/bin/chown", "-R", "postgres", _folder);
        Must(AsServer("initdb", "-D", DataFolder, "-U", User, "-A", "scram-sha-256", $"--pwfile={passwordFile}", "--no-sync", "-E", "UTF8", "--locale=C"));
        await File.AppendAllTextAsync(Path.Combine(DataFolder, "postgresql.conf"), $"""

            listen_addresses = '127.0.0.1'
            port = {_port}
            unix_socket_directories = ''
            max_connections = 100
            shared_buffers = 32MB
            fsync = off
            {string.Join('\n', _settings)}
            """);
        Start();
    }

    public Task DisposeAsync()
    {
        if (Directory.Exists(_folder))
        {
            AsServer("pg_ctl", "-D", DataFolder, "-m", "immediate", "-w", "stop");
            Directory.Delete(_folder, recursive: true);
        }

        return Task.CompletedTask;
    }

    internal bool IsRunning => AsServer("pg_ctl", "-D", DataFolder, "status").Code == 0;

    public void Start() => Must(AsServer("pg_ctl", "-D", DataFolder, "-l", Path.Combine(_folder, "log"), "-w", "start"));

    public void Stop() => Must(AsServer("pg_ctl", "-D", DataFolder, "-m", "fast", "-w", "stop"));

    public void Restart() => Must(AsServer("pg_ctl", "-D", DataFolder, "-l", Path.Combine(_folder, "log"), "-m", "fast", "-w", "restart"));

    /// <summary>As kill -9 of the whole server, which then has to recover.</summary>
    public async Task KillAsync()
    {
        var processes = Processes();
        using var postmaster = Process.GetProcessById(processes[0]);
        postmaster.Kill(entireProcessTree: true);
        await postmaster.WaitForExitAsync();

        // While one of them still holds the shared memory the server does not start again.
        await Eventually.TrueAsync(() => processes.TrueForAll(HasEnded), "the end of PostgreSQL's processes", everyMilliseconds: 10);
    }

    /// <summary>Stalls all its processes: connections stay open and nothing answers.</summary>
    public Task StallAsync() => Signals.SendAsync("STOP", Processes());

    public Task GoOnAsync() => Signals.SendAsync("CONT", Processes());

    /// <summary>The settings of a store in a schema of the test's own.</summary>
    public PostgresStoreSettings NewStore()
    {
        var connection = s_given is null
            ? new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = _port, Database = Database, Username = User, Password = _password }
            : new NpgsqlConnectionStringBuilder(s_given);
        var password = connection.Password ?? "";
        connection.Password = null;
        var schema = $"test-{Environment.ProcessId}-{Interlocked.Increment(ref _schemas)}";
        return new PostgresStoreSettings(connection.ConnectionString, new SecretValue(password), schema) { ConnectTimeout = TimeSpan.FromSeconds(5) };
    }

    /// <summary>Runs SQL in a store's schema; its rows, as psql would show them unaligned, with "null" and times in unix milliseconds.</summary>
    public static List<string> Rows(PostgresStoreSettings settings, string sql)
    {
        using var connection = settings.ToConnection();
        connection.Open();
        PostgresSession.Execute(connection, $"SET search_path = {StoreColumn.Quote(settings.Schema)}");
        using var command = new NpgsqlCommand(sql, connection);
        using var rows = command.ExecuteReader();
        var found = new List<string>();
        while (rows.Read())
            found.Add(string.Join('|', Enumerable.Range(0, rows.FieldCount).Select(column => Shown(rows.IsDBNull(column) ? null : rows.GetValue(column)))));
        return found;
    }

    /// <summary>Runs one statement outside of any store's schema.</summary>
    internal static void Execute(PostgresStoreSettings settings, string sql)
    {
        using var connection = settings.ToConnection();
        connection.Open();
        PostgresSession.Execute(connection, sql);
    }

    /// <summary>Makes the server's user the owner of a folder.</summary>
    internal static void GiveTo(string folder)
    {
        if (Environment.IsPrivilegedProcess) Run("/bin/chown", "-R", "postgres", folder);
    }

    int Postmaster() => int.Parse(File.ReadLines(Path.Combine(DataFolder, "postmaster.pid")).First());

    /// <summary>Signals the first process first, so that it starts no more processes meanwhile.</summary>
    List<int> Processes()
    {
        var postmaster = Postmaster();
        var parent = $"PPid:\t{postmaster}";
        return
        [
            postmaster,
            .. Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => name!.All(char.IsAsciiDigit)).Select(name => int.Parse(name!))
                .Where(process => StatusOf(process).Contains(parent)),
        ];
    }

    /// <summary>Also one that nobody has asked for its exit code yet.</summary>
    static bool HasEnded(int process) => StatusOf(process) is var status && (status.Length == 0 || status.Any(line => line.StartsWith("State:\tZ", StringComparison.Ordinal)));

    static string[] StatusOf(int process)
    {
        try
        {
            return File.ReadAllLines($"/proc/{process}/status");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile.
            return [];
        }
    }

    static string Shown(object? value) => value switch
    {
        null => "null",
        DateTime time => new DateTimeOffset(time).ToUnixTimeMilliseconds().ToString(),
        _ => value.ToString()!,
    };

    (int Code, string Output) AsServer(string program, params string[] arguments)
    {
        string[] line = [Path.Combine(s_programs!, program), .. arguments];
        if (Environment.IsPrivilegedProcess) line = ["/usr/sbin/runuser", "-u", "postgres", "--", .. line];

        // The server keeps the streams that it is started with: a pipe of ours would stay open as long as it runs.
        var output = Path.Combine(_folder, "output");
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >\"$0\" 2>&1 </dev/null", output, .. line]) { WorkingDirectory = "/tmp" };
        using var process = Process.Start(start)!;
        process.WaitForExit();
        return (process.ExitCode, File.ReadAllText(output));
    }

    static void Must((int Code, string Output) ended)
    {
        if (ended.Code != 0) throw new InvalidOperationException($"PostgreSQL: {ended.Output}");
    }

    static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        process.WaitForExit();
        return process.ExitCode;
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    static string? FindPrograms() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Concat(Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(v => Path.Combine(v, "bin")) : [])
        .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "pg_ctl")));
}
