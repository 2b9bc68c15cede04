namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>A member of a request body with the bounds that the contract states.</summary>
/// <param name="Path">Where it stands: <c>name</c>, <c>credits.cost</c>, <c>ratelimits[0].name</c>, <c>tags[0]</c>.</param>
/// <param name="Kind">Its JSON type.</param>
internal sealed record Field(string Path, FieldKind Kind)
{
    public bool Required { get; init; }

    public bool Nullable { get; init; }

    /// <summary>Fewest code points, least value, or fewest items; <see langword="null"/> when there is no bound.</summary>
    public long? Min { get; init; }

    /// <summary>Most code points, greatest value, or most items; <see langword="null"/> when there is no bound.</summary>
    public long? Max { get; init; }

    /// <summary>A text of allowed length that breaks the pattern; <see langword="null"/> when any characters are allowed.</summary>
    public string? OffPattern { get; init; }

    /// <summary>A JSON value that is allowed as an item, for arrays.</summary>
    public string Item { get; init; } = "\"abc\"";

    public static Field Text(string path, long? min = null, long? max = null) => new(path, FieldKind.Text) { Min = min, Max = max };

    public static Field Integer(string path, long? min = null, long? max = null) => new(path, FieldKind.Integer) { Min = min, Max = max };

    public static Field Boolean(string path) => new(path, FieldKind.Boolean);

    public static Field Object(string path) => new(path, FieldKind.Object);

    public static Field Array(string path, long? min = null, long? max = null) => new(path, FieldKind.Array) { Min = min, Max = max };
}
