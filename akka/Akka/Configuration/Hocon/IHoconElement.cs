namespace Akka.Configuration.Hocon;

/// <summary>A part of a <see cref="HoconValue"/>: text, array, object or substitution.</summary>
public interface IHoconElement
{
    bool IsString();

    string? GetString();

    bool IsArray();

    IList<HoconValue> GetArray();
}
