using System.Reflection;
using Akka.Configuration.Hocon;

namespace Akka.Configuration;

public class ConfigurationFactory
{
    public static Config Empty => ParseString("");

    /// <exception cref="FormatException">The text is no HOCON, or a substitution has no value in it.</exception>
    /// <exception cref="ConfigurationException">An unquoted value holds <c>=</c> or <c>:</c>.</exception>
    public static Config ParseString(string hocon) => ParseString(hocon, null);

    /// <param name="hocon">the text</param>
    /// <param name="includeCallback">gives the parsed content of what <c>include "name"</c> names</param>
    public static Config ParseString(string hocon, Func<string, HoconRoot>? includeCallback) => new(Parser.Parse(hocon, includeCallback));

    public static Config FromResource<TAssembly>(string resourceName) => FromResource(resourceName, typeof(TAssembly).Assembly);

    public static Config FromResource(string resourceName, Assembly assembly)
    {
        using var stream = assembly.GetManifestResourceStream(resourceName)
            ?? throw new ArgumentNullException(nameof(resourceName), $"{assembly.GetName().Name} has no resource {resourceName}.");
        using var reader = new StreamReader(stream);
        return ParseString(reader.ReadToEnd());
    }
}
