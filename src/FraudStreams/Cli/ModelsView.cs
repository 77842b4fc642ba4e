using System.Globalization;
using FraudStreams.Diagnostics;
using FraudStreams.ModelOps.Registry;

namespace FraudStreams.Cli;

/// <summary>How entries of the registry are printed.</summary>
static class ModelsView
{
    public static void PrintLines(IEnumerable<RegistryEvent> entries)
    {
        foreach (var entry in entries)
        {
            var what = entry.Action switch
            {
                RegistryAction.Registered => "registered",
                RegistryAction.Requested => "asked for",
                RegistryAction.Approved => "approved",
                RegistryAction.Promoted => "promoted",
                RegistryAction.RolledBack => "rolled back to",
                RegistryAction.ThresholdChanged => $"set to {entry.Threshold?.ToString(CultureInfo.InvariantCulture)} the threshold of",
                _ => "failed:",
            };
            Screen.Out.WritePlain($"{entry.Number,4}  {entry.At.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC  {entry.Actor}  {what} {entry.Version}  ({entry.Why})");
        }
    }
}
