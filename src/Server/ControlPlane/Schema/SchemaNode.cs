using System.Collections.Generic;

namespace Unkey.Server.ControlPlane.Schema;

/// <summary>One node of the static description of a body: the part of JSON Schema that the contract uses, as data.</summary>
/// <remarks>Built once per endpoint, immutable afterwards, any thread. <see cref="SchemaValidator"/> checks request bodies against it, and the
/// OpenAPI document shows it.</remarks>
internal sealed record SchemaNode
{
    private SchemaNode(SchemaKind kind) => Kind = kind;

    /// <summary>The JSON type asked for.</summary>
    public SchemaKind Kind { get; }

    /// <summary>Whether a literal <c>null</c> is admitted as well.</summary>
    public bool IsNullable { get; private init; }

    /// <summary>What the value means, for people; <see langword="null"/> when the name of the member says it all.</summary>
    public string? Description { get; private init; }

    /// <summary>Name under which the OpenAPI document keeps this schema once; <see langword="null"/> to write it out wherever it stands.</summary>
    public string? Component { get; private init; }

    /// <summary>Object: the described members, in document order.</summary>
    public IReadOnlyList<SchemaProperty> Properties { get; private init; } = [];

    /// <summary>Object: whether members that are not described are refused.</summary>
    public bool IsClosed { get; private init; }

    /// <summary>Object: most distinct members; <see cref="int.MaxValue"/> for no bound.</summary>
    public int PropertiesMax { get; private init; } = int.MaxValue;

    /// <summary>String: fewest code points.</summary>
    public int LengthMin { get; private init; }

    /// <summary>String: most code points; <see cref="int.MaxValue"/> for no bound.</summary>
    public int LengthMax { get; private init; } = int.MaxValue;

    /// <summary>String: pattern of the whole text; <see langword="null"/> for any characters.</summary>
    public StringPattern? Pattern { get; private init; }

    /// <summary>String: the admitted values; empty for any.</summary>
    public IReadOnlyList<string> Values { get; private init; } = [];

    /// <summary>Integer: smallest value; <see cref="long.MinValue"/> for no bound.</summary>
    public long Minimum { get; private init; } = long.MinValue;

    /// <summary>Integer: largest value; <see cref="long.MaxValue"/> for no bound.</summary>
    public long Maximum { get; private init; } = long.MaxValue;

    /// <summary>Array: what each item must be.</summary>
    public SchemaNode? Items { get; private init; }

    /// <summary>Array: fewest items.</summary>
    public int ItemsMin { get; private init; }

    /// <summary>Array: most items; <see cref="int.MaxValue"/> for no bound.</summary>
    public int ItemsMax { get; private init; } = int.MaxValue;

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public static SchemaNode Boolean { get; } = new(SchemaKind.Boolean);

    /// <summary>An object whose undescribed members are refused.</summary>
    public static SchemaNode Closed(params SchemaProperty[] properties) =>
        new(SchemaKind.Object) { Properties = properties, IsClosed = true };

    /// <summary>An object whose undescribed members are ignored.</summary>
    public static SchemaNode Open(params SchemaProperty[] properties) => new(SchemaKind.Object) { Properties = properties };

    /// <summary>Any object with a bounded number of members, such as metadata.</summary>
    /// <param name="propertiesMax">Most distinct top-level members.</param>
    public static SchemaNode AnyObject(int propertiesMax) => new(SchemaKind.Object) { PropertiesMax = propertiesMax };

    /// <summary>A string.</summary>
    /// <param name="lengthMin">Fewest code points.</param>
    /// <param name="lengthMax">Most code points.</param>
    /// <param name="pattern">Pattern of the whole text, if any.</param>
    public static SchemaNode Text(int lengthMin = 0, int lengthMax = int.MaxValue, StringPattern? pattern = null) =>
        new(SchemaKind.String) { LengthMin = lengthMin, LengthMax = lengthMax, Pattern = pattern };

    /// <summary>A string out of a fixed set, compared exactly.</summary>
    public static SchemaNode OneOf(params string[] values) => new(SchemaKind.String) { Values = values };

    /// <summary>An integer within inclusive bounds.</summary>
    public static SchemaNode Integer(long minimum = long.MinValue, long maximum = long.MaxValue) =>
        new(SchemaKind.Integer) { Minimum = minimum, Maximum = maximum };

    /// <summary>An array.</summary>
    /// <param name="items">What each item must be.</param>
    /// <param name="itemsMin">Fewest items.</param>
    /// <param name="itemsMax">Most items.</param>
    public static SchemaNode ListOf(SchemaNode items, int itemsMin = 0, int itemsMax = int.MaxValue) =>
        new(SchemaKind.Array) { Items = items, ItemsMin = itemsMin, ItemsMax = itemsMax };

    /// <summary>The same schema, admitting <c>null</c> as well.</summary>
    public SchemaNode OrNull() => this with { IsNullable = true };

    /// <summary>The same schema, not admitting <c>null</c>.</summary>
    public SchemaNode WithoutNull() => this with { IsNullable = false };

    /// <summary>The same schema with its meaning in words.</summary>
    /// <param name="description">One or two sentences; the unit of a number belongs in them.</param>
    public SchemaNode Described(string description) => this with { Description = description };

    /// <summary>The same schema as a component that several operations share.</summary>
    /// <param name="component">Its name in the OpenAPI document, unique.</param>
    public SchemaNode Named(string component) => this with { Component = component };
}
