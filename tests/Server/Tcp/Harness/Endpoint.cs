using System;
using System.Collections.Generic;
using System.Linq;
using Unkey.Server.ControlPlane.Documents;
using Unkey.Server.ControlPlane.Operations;
using Unkey.Server.ControlPlane.Schema;
using Xunit;

namespace Unkey.Server.Tests.Tcp.Harness;

/// <summary>An operation with a body that is always accepted.</summary>
/// <param name="Operation">What stands behind <c>/v2/</c>.</param>
/// <param name="Body">A body with every member that there can be; sending it again and again does no harm to the scene.</param>
internal sealed partial record Endpoint(string Operation, Func<Scene, string> Body)
{
    private static readonly Dictionary<string, SchemaNode> s_schemas =
        AllOperations.Create().ToDictionary(static operation => ApiDescription.NameOf(operation.Path), static operation => operation.Body);

    /// <summary>What the body must be.</summary>
    public SchemaNode Schema => s_schemas[Operation];

    /// <summary>The body and every place in it.</summary>
    public IReadOnlyList<Field> Fields => [.. Field.Of(Schema)];

    /// <summary>The object that holds the members: the body, or the items of a body that is an array.</summary>
    public Field Top => Schema.Kind == SchemaKind.Array ? Fields[1] : Fields[0];

    /// <summary>Whether the object of the members has one that must be there.</summary>
    public bool HasRequired => Top.Schema.Properties.Any(static member => member.IsRequired);

    /// <summary>Every operation of the server.</summary>
    public static IEnumerable<string> Known => s_schemas.Keys;

    /// <summary>Name of every operation, for theories.</summary>
    public static TheoryData<string> Operations => [.. All.Select(endpoint => endpoint.Operation)];

    /// <summary>Every pair of an operation and a place of its body, for theories.</summary>
    public static TheoryData<string, string> OperationFields
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (Endpoint endpoint in All)
            {
                foreach (Field place in endpoint.Fields)
                {
                    data.Add(endpoint.Operation, place.Path);
                }
            }

            return data;
        }
    }

    /// <summary>The operations whose body has a required member.</summary>
    public static TheoryData<string> OperationsWithRequired => [.. All.Where(static endpoint => endpoint.HasRequired).Select(static endpoint => endpoint.Operation)];

    public static Endpoint Of(string operation) => All.Single(endpoint => endpoint.Operation == operation);

    /// <summary>A body with a member more in the object of the members.</summary>
    public string BodyWith(Scene scene, string name, string json) => BodyEditor.Set(Body(scene), (Top.Path + "." + name).TrimStart('.'), json);
}
