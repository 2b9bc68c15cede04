using System.Collections.Generic;
using System.Diagnostics;
using System.Text;
using System.Threading.Tasks;
using Unkey.Engine.Namespaces;
using Unkey.Server.Storage;
using Unkey.Server.Storage.Rows;
using Unkey.Server.Storage.Statements;

namespace Unkey.Server.ControlPlane.Operations;

/// <summary>Rate-limit namespaces of the caller's workspace: looked up in memory, and created in the store on first use. Stateless, any thread.</summary>
internal static class NamespaceDirectory
{
    /// <summary>The namespace with this name or, failing that, this id, deleted or not; <see langword="null"/> when there is none.</summary>
    /// <param name="context">The call.</param>
    /// <param name="nameOrId">Name or id.</param>
    public static RatelimitNamespace? Find(OperationContext context, string nameOrId) =>
        context.Services.Engine.Namespaces.Find(context.Caller.Workspace.Index, Encoding.UTF8.GetBytes(nameOrId));

    /// <summary>The namespace with this name or id, created under this name when there is none.</summary>
    /// <param name="context">The call; its caller is the actor of the audit entry. Whether it may create a namespace is for the operation to ask.</param>
    /// <param name="nameOrId">Name or id; when it is neither, the name of the new namespace.</param>
    /// <returns>The namespace as it is decided on; it may be a deleted one, which keeps its name.</returns>
    public static async ValueTask<RatelimitNamespace> GetOrCreateAsync(OperationContext context, string nameOrId) =>
        Find(context, nameOrId) ?? (await GetOrCreateAsync(context, [nameOrId]).ConfigureAwait(false))[0];

    /// <summary>The namespaces with these names or ids; all that are missing are created together.</summary>
    /// <param name="context">The call.</param>
    /// <param name="namesOrIds">Names or ids; repetitions are admitted.</param>
    /// <returns>A namespace for each, in the same order.</returns>
    /// <remarks>Durable and visible to every reactor when it returns. Of calls that race for a name one creates it, and all get the same one.</remarks>
    public static async ValueTask<RatelimitNamespace[]> GetOrCreateAsync(OperationContext context, IReadOnlyList<string> namesOrIds)
    {
        List<string> missing = [];
        foreach (string nameOrId in namesOrIds)
        {
            if (Find(context, nameOrId) is null && !missing.Contains(nameOrId))
            {
                missing.Add(nameOrId);
            }
        }

        if (missing.Count > 0)
        {
            await context.Services.Store
                .WriteAsync(session => Create(session, context, missing), context.Request.Aborted).ConfigureAwait(false);
        }

        RatelimitNamespace[] found = new RatelimitNamespace[namesOrIds.Count];
        for (int i = 0; i < found.Length; i++)
        {
            found[i] = Find(context, namesOrIds[i]) ?? throw new UnreachableException("A committed namespace is published before its writer goes on.");
        }

        return found;
    }

    private static int Create(StoreSession session, OperationContext context, List<string> names)
    {
        AuditTrail audit = new(context, session, isCorrelated: names.Count > 1);
        int created = 0;
        foreach (string name in names)
        {
            // Somebody else may have created it while this unit of work waited.
            if (OverrideAccess.Find(session, context, name) is null)
            {
                NamespaceRow row = new(Identifiers.New("rlns"), context.Caller.WorkspaceId, name, IsDeleted: false, Algorithm: null);
                session.InsertNamespace(row, context.NowMs);
                audit.Add("ratelimitNamespace.create", "ratelimitNamespace", row.Id, row.Name);
                created++;
            }
        }

        return created;
    }
}
