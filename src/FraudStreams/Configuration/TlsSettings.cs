using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FraudStreams.Configuration;

/// <summary>The certificate of the server: a PEM file with its chain and a key file, or PKCS#12 (.pfx, .p12).</summary>
/// <param name="Chain">The certificates between it and a root, if the file has them.</param>
public sealed record TlsSettings(X509Certificate2 Certificate, X509Certificate2Collection Chain)
{
    public const string PasswordVariable = "FRAUDSTREAMS_TLS_PASSWORD";

    /// <summary>Null where no certificate is given.</summary>
    /// <exception cref="SettingsException">It cannot be used; says which file and why.</exception>
    public static TlsSettings? From(SettingsSection section)
    {
        var (file, keyFile) = (section.Text("certificate-file"), section.Text("key-file"));
        var password = SecretValue.Read(PasswordVariable, section, "password-file", Environment.GetEnvironmentVariable);
        if (file.Length == 0)
        {
            if (keyFile.Length > 0)
                throw new SettingsException($"{section.PathOf("key-file")} = {keyFile}: a key belongs to a certificate: name its file in {section.PathOf("certificate-file")}");
            return null;
        }

        try
        {
            return Load(file, keyFile, password.IsEmpty ? null : password.Reveal());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new SettingsException(
                $"{section.PathOf("certificate-file")} = {file}: it must be a PEM file, with its private key in {section.PathOf("key-file")}, or a .pfx or .p12 file, with its password in "
                + $"{PasswordVariable} or {section.PathOf("password-file")}: {e.Message}", e);
        }
    }

    static TlsSettings Load(string file, string keyFile, string? password)
    {
        if (Path.GetExtension(file).ToLowerInvariant() is ".pfx" or ".p12")
        {
            var all = X509CertificateLoader.LoadPkcs12CollectionFromFile(file, password);
            var own = all.FirstOrDefault(certificate => certificate.HasPrivateKey) ?? throw new CryptographicException("it holds no certificate with a private key");
            return new TlsSettings(own, [.. all.Where(certificate => certificate != own)]);
        }

        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(file);
        var key = keyFile.Length == 0 ? file : keyFile;
        var leaf = password is null ? X509Certificate2.CreateFromPemFile(file, key) : X509Certificate2.CreateFromEncryptedPemFile(file, password, key);
        return new TlsSettings(leaf, [.. chain.Skip(1)]);
    }
}
