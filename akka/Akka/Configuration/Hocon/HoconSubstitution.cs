namespace Akka.Configuration.Hocon;

/// <summary><c>${path}</c>: stands for the value that the path has when its text has been read to the end.</summary>
public class HoconSubstitution : IHoconElement, IMightBeAHoconObject
{
    public HoconSubstitution(string path) => Path = path;

    public string Path { get; set; }

    /// <summary>Null only while its text is being read.</summary>
    public HoconValue? ResolvedValue { get; set; }

    public bool IsString() => ResolvedValue!.IsString();

    public string? GetString() => ResolvedValue!.GetString();

    public bool IsArray() => ResolvedValue!.IsArray();

    public IList<HoconValue> GetArray() => ResolvedValue!.GetArray();

    public bool IsObject() => ResolvedValue != null && ResolvedValue.IsObject();

    public HoconObject? GetObject() => ResolvedValue!.GetObject();
}
