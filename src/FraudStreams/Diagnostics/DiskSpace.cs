namespace FraudStreams.Diagnostics;

/// <summary>Whether the disk of a data folder has room.</summary>
static class DiskSpace
{
    const long Full = 1 << 20;
    const long NearlyFull = 128L << 20;

    public static CheckResult Check(string dataDirectory)
    {
        var free = new DriveInfo(Path.GetFullPath(dataDirectory)).AvailableFreeSpace;
        return free switch
        {
            < Full => new CheckResult(CheckStatus.Unhealthy, $"the disk of {dataDirectory} is full: what cannot be written waits until there is room"),
            < NearlyFull => new CheckResult(CheckStatus.Degraded, $"the disk of {dataDirectory} has {free >> 20} MiB left"),
            _ => CheckResult.Healthy,
        };
    }
}
