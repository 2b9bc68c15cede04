namespace Unkey.Server.ControlPlane.Schema;

/// <summary>JSON type that a <see cref="SchemaNode"/> asks for.</summary>
internal enum SchemaKind
{
    /// <summary>A JSON object.</summary>
    Object,

    /// <summary>A JSON array.</summary>
    Array,

    /// <summary>A JSON string.</summary>
    String,

    /// <summary>A JSON number without a fractional part.</summary>
    Integer,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Boolean,
}
