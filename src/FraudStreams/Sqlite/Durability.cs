namespace FraudStreams.Sqlite;

/// <summary>What a commit waits for.</summary>
public enum Durability
{
    /// <summary>A commit is on disk when it returns: a power failure loses nothing. One fsync per commit.</summary>
    Full,

    /// <summary>A commit is with the operating system: kill -9 loses nothing, a power failure the last moments, consistently within one file.</summary>
    Normal,
}

internal static class DurabilitySql
{
    public static string ToSql(this Durability durability) => durability == Durability.Full ? "FULL" : "NORMAL";
}
