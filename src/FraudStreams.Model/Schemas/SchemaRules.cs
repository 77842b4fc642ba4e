namespace FraudStreams.Model.Schemas;

/// <summary>The validation rules of a schema. Collects every problem, so that a file can be corrected in one pass.</summary>
sealed partial class SchemaRules
{
    const int MostFields = 1000;

    readonly List<string> _problems = [];
    readonly SchemaDraft _draft;
    readonly Dictionary<string, SchemaField> _fields = [];
    readonly Dictionary<string, FeatureDefinition> _earlier = [];

    SchemaRules(SchemaDraft draft) => _draft = draft;

    internal static List<string> Check(SchemaDraft draft)
    {
        var rules = new SchemaRules(draft);
        rules.CheckFields();
        rules.CheckRoles();
        rules.CheckFeatures();
        rules.CheckCsv();
        return rules._problems;
    }

    void Require(bool holds, string path, string problem)
    {
        if (!holds)
            _problems.Add($"{path}: {problem}");
    }

    void CheckFields()
    {
        Require(_draft.Name.Length > 0, "name", "is empty");
        Require(
            _draft.Fields.Length is > 0 and <= MostFields,
            "fields",
            $"has {_draft.Fields.Length} fields; 1 to {MostFields} are possible");
        // SQL compares column names without case, so two fields may not differ by case alone.
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var position = 0;
        foreach (var field in _draft.Fields)
        {
            position++;
            if (field.Name.Length == 0)
            {
                _problems.Add($"fields: field {position} has no name");
                continue;
            }
            var path = $"fields.{field.Name}";
            Require(seen.Add(field.Name), path, "appears twice (names that differ only in case count as the same)");
            Require(
                !TransactionSchema.ReservedNames.Contains(field.Name, StringComparer.OrdinalIgnoreCase),
                path,
                $"is a reserved name ({string.Join(", ", TransactionSchema.ReservedNames)})");
            Require(
                !field.Name.Any(c => char.IsControl(c) || c == '"'), path, "has a quote or a control character in its name");
            CheckFormat(field, path);
            _fields.TryAdd(field.Name, field);
        }
    }

    void CheckFormat(SchemaField field, string path)
    {
        if (field.Type == FieldType.Time)
            Require(field.TimeFormats.Length > 0, path, $"is a time without a format; say format = {TimeFormat.Choices}");
        else
            Require(
                field.TimeFormats.Length == 0,
                path,
                $"has a time format and is {field.Type.InWords()}; say type = time, or leave the format out");
        if (field.Digits is not { } digits)
            return;
        Require(field.Type == FieldType.Text, path, $"has a number of digits and is {field.Type.InWords()}; only text has them");
        Require(
            digits.Least >= 1 && digits.Least <= digits.Most,
            path,
            $"wants {digits.Least} to {digits.Most} digits; the least must be 1 or more, and not above the most");
    }

    void CheckRoles()
    {
        var roles = _draft.Roles;
        Role("id", roles.Id, mayBeMissing: false, FieldType.Text);
        Role("time", roles.Time, mayBeMissing: false, FieldType.Time);
        Role("amount", roles.Amount, mayBeMissing: false, FieldType.Number, FieldType.Integer);
        Role("card", roles.Card, mayBeMissing: false, FieldType.Text);
        Role("label", roles.Label, mayBeMissing: true, FieldType.Integer);
        Role("merchant", roles.Merchant, mayBeMissing: true, FieldType.Text);
        string?[] named = [roles.Id, roles.Time, roles.Amount, roles.Card, roles.Label, roles.Merchant];
        foreach (var twice in named.Where(n => n is not null).GroupBy(n => n).Where(g => g.Count() > 1))
            _problems.Add($"roles: {twice.Key} has {twice.Count()} roles; a field has one at most");
    }

    void Role(string role, string? name, bool mayBeMissing, params ReadOnlySpan<FieldType> types)
    {
        if (name is null)
            return;
        if (!_fields.TryGetValue(name, out var field))
        {
            _problems.Add($"roles.{role}: there is no field {name}{Nearest(name)}");
            return;
        }
        Require(types.Contains(field.Type), $"roles.{role}", $"{name} is {field.Type.InWords()}; {role} must be {types[0].InWords()}");
        Require(mayBeMissing || !field.Optional, $"roles.{role}", $"{name} is optional; every record needs its {role}");
    }

    void CheckFeatures()
    {
        Require(_draft.Features.Length > 0, "features", "there are none; a model needs at least one");
        var position = 0;
        foreach (var feature in _draft.Features)
        {
            position++;
            Require(feature.Name.Length > 0, "features", $"feature {position} has no name");
            var path = $"features.{feature.Name}";
            Require(!_earlier.ContainsKey(feature.Name), path, "appears twice");
            CheckFeature(feature, path);
            _earlier.TryAdd(feature.Name, feature);
        }
    }

    void CheckFeature(FeatureDefinition feature, string path)
    {
        switch (feature)
        {
            case NumberFeature f:
                Numbers(path, f.Field);
                break;
            case LogFeature f:
                Numbers(path, f.Field);
                break;
            case RatioFeature f:
                Operands(path, f.Numerator, f.Denominator);
                break;
            case DifferenceFeature f:
                Operands(path, f.Field, f.Less);
                break;
            case DistanceFeature f:
                Numbers(path, f.Latitude, f.Longitude, f.ToLatitude, f.ToLongitude);
                break;
            case CalendarFeature f:
                Input(path, f.Field, FieldType.Time);
                break;
            case AgeFeature f:
                Input(path, f.Field, FieldType.Time);
                Require(f.Field != _draft.Roles.Time, path, $"counts the years from {f.Field} to itself; name a birth date");
                break;
            case CategoryFeature f:
                Input(path, f.Field, FieldType.Text);
                Require(f.Field != _draft.Roles.Id, path, $"takes the id {f.Field} as a category, which is different in every record");
                Require(f.LeastCount >= 1, path, $"min-count is {f.LeastCount}; it must be 1 or more");
                Require(
                    f.MostCategories is >= 1 and <= CategoryFeature.Limit,
                    path,
                    $"max-categories is {f.MostCategories}; 1 to {CategoryFeature.Limit} are possible");
                break;
            case WindowFeature f:
                CheckWindow(f, path);
                break;
            default:
                _problems.Add($"{path}: is of a kind that this program does not know");
                break;
        }
    }

    void Numbers(string path, params ReadOnlySpan<string> fields)
    {
        foreach (var field in fields)
            Input(path, field, FieldType.Number, FieldType.Integer);
    }

    /// <summary>Number fields or, if there is no field of that name, earlier features.</summary>
    void Operands(string path, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (_fields.ContainsKey(name))
                Numbers(path, name);
            else if (!_earlier.TryGetValue(name, out var feature))
                _problems.Add($"{path}: there is no field {name}, and no feature of that name before this one{Nearest(name)}");
            else
                Require(feature is not CategoryFeature, path, $"{name} is a category; this feature needs a number");
        }
    }

    void Input(string path, string name, params ReadOnlySpan<FieldType> types)
    {
        if (!_fields.TryGetValue(name, out var field))
        {
            _problems.Add($"{path}: there is no field {name}{Nearest(name)}");
            return;
        }
        Require(name != _draft.Roles.Label, path, $"uses the label {name}, which is not known when a payment is scored");
        Require(types.Contains(field.Type), path, $"{name} is {field.Type.InWords()}; this feature needs {types[0].InWords()}");
    }

    string Nearest(string name) =>
        _fields.Keys.FirstOrDefault(f => string.Equals(f, name, StringComparison.OrdinalIgnoreCase)) is { } near ? $"; {near} is one" : "";
}
