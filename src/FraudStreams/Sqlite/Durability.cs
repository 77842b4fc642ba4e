namespace FraudStreams.Sqlite;

/// <summary>What a commit waits for.</summary>
public enum Durability
{
    /// <summary>A commit is on the disk when it returns: nothing is lost when the machine loses power. One fsync a commit.</summary>
    Full,

    /// <summary>A commit is with the operating system: kill -9 loses nothing, a loss of power the last moments, consistently within one file.</summary>
    Normal,
}

internal static class DurabilitySql
{
    public static string ToSql(this Durability durability) => durability == Durability.Full ? "FULL" : "NORMAL";
}
