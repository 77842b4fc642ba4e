using FraudStreams.Model.Evaluation.Promotion;

namespace FraudStreams.Candidates;

/// <summary>The gate's reports that decisions rest on, as files of the data folder: the registry's entry has their digest.</summary>
sealed class GateReports(string dataDirectory)
{
    public string Directory { get; } = Path.Combine(dataDirectory, "gate");

    /// <summary>Writes the report as JSON and as a page, by the challenger's name and the JSON's digest.</summary>
    public string Keep(GateReport report)
    {
        System.IO.Directory.CreateDirectory(Directory);
        var json = Path.Combine(Directory, $"{report.Challenger}-{GateJson.DigestOf(report)[..12]}.json");
        File.WriteAllBytes(json, GateJson.Write(report));
        File.WriteAllText(Path.ChangeExtension(json, ".html"), GateHtml.Write(report));
        return json;
    }
}
