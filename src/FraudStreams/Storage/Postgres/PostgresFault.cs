using System.Net.Sockets;
using Npgsql;

namespace FraudStreams.Storage.Postgres;

/// <summary>
/// Turns faults of PostgreSQL, or of the connection to it, into messages that name the remedy. The server's details are left out: they quote rows.
/// </summary>
internal static class PostgresFault
{
    public static bool IsOne(Exception e) => e is NpgsqlException or SocketException or IOException or TimeoutException or OperationCanceledException;

    /// <summary>Whether a retry may succeed without any change of settings.</summary>
    public static bool IsOutage(Exception e) => e is not PostgresException fault
        || (IsOfPooler(fault) && PoolerRefusal(fault) is null)
        || fault.SqlState is PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown
            or PostgresErrorCodes.TooManyConnections or PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.DiskFull;

    public static StoreException ToStoreException(string what, PostgresStoreSettings settings, Exception e) =>
        new($"{what} failed: {settings.Location}: {Reason(settings, e)}", e);

    static string Reason(PostgresStoreSettings settings, Exception e) => e switch
    {
        PostgresException fault => $"{(IsOfPooler(fault) ? PoolerAdvice(fault) : Advice(settings, fault.SqlState))}. (PostgreSQL {fault.SqlState}: {fault.MessageText})",
        OperationCanceledException => "the call was cancelled",
        _ when Find<TimeoutException>(e) is not null =>
            $"the server did not answer in time ({Seconds(settings.StatementTimeout)} s of store.postgresql.statement-timeout and some more). It is overloaded, stopped, or cut off",
        _ when Find<SocketException>(e) is { } socket => $"the server cannot be reached: {socket.Message}. Is it running, and is this its address?",
        _ => $"the connection was lost: {e.GetBaseException().Message}",
    };

    static string Advice(PostgresStoreSettings settings, string state) => state switch
    {
        PostgresErrorCodes.QueryCanceled =>
            $"a statement took longer than store.postgresql.statement-timeout ({Seconds(settings.StatementTimeout)} s), or somebody cancelled it",
        PostgresErrorCodes.DiskFull => "its disk is full. Nothing of the failed write was kept; free some space, and writing resumes by itself",
        PostgresErrorCodes.OutOfMemory => "it has no memory left",
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown => "the server is being shut down",
        PostgresErrorCodes.CannotConnectNow => "the server is starting or stopping",
        PostgresErrorCodes.TooManyConnections => "the server has no connection left",
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            $"the user is refused; the password is taken from {PostgresStoreSettings.PasswordVariable} or the file of store.postgresql.password-file",
        PostgresErrorCodes.InvalidCatalogName => "there is no such database; create it, or name another in store.postgresql.connection-string",
        PostgresErrorCodes.InsufficientPrivilege => "the user may not do that; it needs CREATE on the database or on the schema, and TEMPORARY on the database",
        PostgresErrorCodes.ReadOnlySqlTransaction => "the server takes no writes: it is a standby, or read-only",
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn => "its tables were removed or changed while they were in use",
        _ => "the server refused it",
    };

    /// <summary>PgBouncer's own errors have this state and differ by their text; PostgreSQL does not use it for what Npgsql sends.</summary>
    static bool IsOfPooler(PostgresException fault) => fault.SqlState == PostgresErrorCodes.ProtocolViolation;

    static string PoolerAdvice(PostgresException fault) =>
        PoolerRefusal(fault) ?? "the pooler before the server (PgBouncer) has no session of it to give: the server is away, or all of the pool are taken";

    /// <summary>The advice for faults that no retry will fix; null for all others.</summary>
    static string? PoolerRefusal(PostgresException fault) => fault.MessageText switch
    {
        var text when text.Contains("statement pooling mode", StringComparison.Ordinal) =>
            "the pooler before the server (PgBouncer) gives its sessions for single statements, and a batch is a transaction: it needs pool_mode = transaction or session",
        var text when text.Contains("unsupported startup parameter", StringComparison.Ordinal) =>
            "the pooler before the server (PgBouncer) passes on no setting of the session: leave Search Path, Options and Timezone out of store.postgresql.connection-string, "
            + "and PGOPTIONS and PGTZ out of the environment. Nothing of it is needed",
        var text when text.Contains("no such database", StringComparison.Ordinal) || text.Contains("no such user", StringComparison.Ordinal)
            || text.Contains("authentication failed", StringComparison.Ordinal) => "the pooler before the server (PgBouncer) does not know this database or user, or refuses the password",
        _ => null,
    };

    static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.###");

    static T? Find<T>(Exception? e) where T : Exception
    {
        while (e is not null and not T) e = e.InnerException;
        return (T?)e;
    }
}
