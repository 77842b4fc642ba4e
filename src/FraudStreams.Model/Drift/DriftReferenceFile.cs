using FraudStreams.Model.Models;

namespace FraudStreams.Model.Drift;

/// <summary>The file of a version that has its drift reference: one of its checksummed folder.</summary>
public static class DriftReferenceFile
{
    /// <summary>Its name.</summary>
    public const string Name = "drift-reference.json";

    /// <summary>The file, to be written with the version.</summary>
    public static (string Name, ReadOnlyMemory<byte> Bytes) Of(DriftReference reference) => (Name, DriftReferenceJson.Write(reference));

    /// <summary>Loads and checks a version's reference; null where it has none: an imported model, or a version of an earlier release.</summary>
    /// <param name="folder">The version's folder.</param>
    /// <exception cref="ModelArtifactException">The file is truncated, altered or of an unknown format, or SHA256SUMS is missing.</exception>
    public static DriftReference? Load(string folder)
    {
        if (ModelArtifact.ReadMore(folder, Name) is not { } bytes)
            return null;
        try
        {
            return DriftReferenceJson.Read(bytes).WithSecretsOf(ModelArtifact.LoadCard(folder).Features.Schema);
        }
        catch (ModelFormatException e)
        {
            throw new ModelArtifactException($"{Path.Combine(folder, Name)}: {e.Message}", e);
        }
    }
}
