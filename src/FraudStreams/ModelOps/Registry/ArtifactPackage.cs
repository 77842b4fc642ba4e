using System.IO.Compression;
using System.Security.Cryptography;
using FraudStreams.Model.Models;

namespace FraudStreams.ModelOps.Registry;

/// <summary>A version's folder as one block of bytes, the same for the same files, and its SHA-256.</summary>
sealed record ArtifactPackage(byte[] Bytes, string Sha256)
{
    /// <summary>A package that says it holds more is refused: it would fill the disk.</summary>
    const long MaxUnpackedBytes = 1L << 30;

    static readonly DateTimeOffset FixedTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static ArtifactPackage Of(string folder)
    {
        using var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var file in Directory.GetFiles(folder).Order(StringComparer.Ordinal))
            {
                var entry = zip.CreateEntry(Path.GetFileName(file), CompressionLevel.Optimal);
                entry.LastWriteTime = FixedTime;
                using var into = entry.Open();
                using var from = File.OpenRead(file);
                from.CopyTo(into);
            }
        }

        return Of(packed.ToArray());
    }

    public static ArtifactPackage Of(byte[] bytes) => new(bytes, Convert.ToHexStringLower(SHA256.HashData(bytes)));

    /// <summary>Makes the version's folder, whole or not at all. Other processes that share the disk may do the same at once: one of them is first.</summary>
    /// <exception cref="ModelArtifactException">The bytes are no package of a version.</exception>
    public void Unpack(string folder)
    {
        var unfinished = Path.Combine(Path.GetDirectoryName(folder)!, $".{Path.GetFileName(folder)}.unpacked-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}");
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);
        Directory.CreateDirectory(unfinished);
        try
        {
            using var zip = new ZipArchive(new MemoryStream(Bytes), ZipArchiveMode.Read);
            if (zip.Entries.Sum(entry => entry.Length) > MaxUnpackedBytes)
                throw new ModelArtifactException($"{folder}: its package holds more than {MaxUnpackedBytes:N0} bytes");
            foreach (var entry in zip.Entries)
            {
                if (entry.FullName != Path.GetFileName(entry.FullName) || entry.FullName.Length == 0)
                    throw new ModelArtifactException($"{folder}: its package holds {entry.FullName}, which is no plain file name");
                using var from = entry.Open();
                using var into = new FileStream(Path.Combine(unfinished, entry.FullName), FileMode.CreateNew);
                from.CopyTo(into);
                into.Flush(flushToDisk: true);
            }
        }
        catch (InvalidDataException e)
        {
            throw new ModelArtifactException($"{folder}: its package is damaged: {e.Message}", e);
        }

        try
        {
            Directory.Move(unfinished, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            Directory.Delete(unfinished, recursive: true);
        }
    }
}
