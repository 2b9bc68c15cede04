namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>The JSON type that the contract demands of a member.</summary>
internal enum FieldKind
{
    Text,
    Integer,
    Boolean,
    Object,
    Array,
}
