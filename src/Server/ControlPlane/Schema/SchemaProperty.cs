using System.Text;

namespace Unkey.Server.ControlPlane.Schema;

/// <summary>One named member of an object schema. Immutable.</summary>
/// <param name="Name">Case-sensitive member name; ASCII.</param>
/// <param name="Schema">What its value must be.</param>
/// <param name="IsRequired">Whether an object without it is refused.</param>
internal sealed record SchemaProperty(string Name, SchemaNode Schema, bool IsRequired)
{
    /// <summary><see cref="Name"/> as UTF-8, for look-ups in a parsed document.</summary>
    public byte[] NameUtf8 { get; } = Encoding.UTF8.GetBytes(Name);

    /// <summary>A member that must be present.</summary>
    public static SchemaProperty Required(string name, SchemaNode schema) => new(name, schema, IsRequired: true);

    /// <summary>A member that may be absent; <see langword="null"/> is admitted only by a nullable schema.</summary>
    public static SchemaProperty Optional(string name, SchemaNode schema) => new(name, schema, IsRequired: false);
}
