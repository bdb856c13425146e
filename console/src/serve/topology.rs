//! The picture of the installation: roles, topics and processors, and what flows between them, out of `topics.yaml` and what the applications
//! declare.

use events::manifest::Manifest;
use serde::Serialize;

use crate::lag::Watched;

/// An application of the installation: a processor, what it reads and what it writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Application {
    /// Its name.
    pub name: String,
    /// The group with which it reads.
    pub group: String,
    /// The topic that it reads.
    pub input: String,
    /// The topics that it writes.
    pub outputs: Vec<String>,
}

/// Nodes and edges.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub(super) struct Topology {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

/// What a node is; the column in which it is drawn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// A role that brings in what comes from outside.
    Outside,
    /// A topic that a processor reads.
    Inbox,
    /// A processor.
    Processor,
    /// A topic of facts, or anything else that is written for others.
    Facts,
    /// A role that shows what was decided.
    Projection,
}

/// A role, a topic or a processor.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Node {
    id: String,
    kind: Kind,
    /// The row in which it is drawn: the part of the business it belongs to; none for a role.
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
}

/// Something that flows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Edge {
    from: String,
    to: String,
    /// The topic that it goes through.
    topic: String,
    /// The group that reads, if it is one that reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
}

impl Topology {
    /// The picture of these topics, applications and groups. Changelogs are left out: they belong to their processor.
    pub(super) fn of(manifest: &Manifest, applications: &[Application], watched: &[Watched]) -> Self {
        let mut picture = Self::default();
        let shown = manifest.topics.iter().filter(|(topic, _)| !topic.ends_with(".changelog"));
        for (topic, spec) in shown {
            let is_input = applications.iter().any(|application| application.input == *topic);
            let kind = if is_input || topic.ends_with(".inbox") { Kind::Inbox } else { Kind::Facts };
            let domain = topic.split('.').next().map(str::to_owned);
            picture.nodes.push(Node { id: topic.clone(), kind, domain });
            for role in spec.producers.iter().filter(|role| *role != "processors") {
                picture.role(role, Kind::Outside);
                picture.edge(role, topic, topic, None);
            }
            for consumer in spec.consumers.iter().filter(|consumer| consumer.role != "processors") {
                let kind = if consumer.role.starts_with("sinks") { Kind::Projection } else { Kind::Outside };
                picture.role(&consumer.role, kind);
                let group = group_of(watched, &consumer.role, topic);
                picture.edge(topic, &consumer.role, topic, group);
            }
        }
        for application in applications {
            let id = format!("processors.{}", application.name);
            picture.nodes.push(Node { id: id.clone(), kind: Kind::Processor, domain: Some(application.name.clone()) });
            picture.edge(&application.input, &id, &application.input, Some(application.group.clone()));
            for output in &application.outputs {
                picture.edge(&id, output, output, None);
            }
        }
        picture
            .nodes
            .sort_by(|one, other| (one.kind, &one.domain, &one.id).cmp(&(other.kind, &other.domain, &other.id)));
        picture
    }

    fn role(&mut self, role: &str, kind: Kind) {
        if !self.nodes.iter().any(|node| node.id == role) {
            self.nodes.push(Node { id: role.to_owned(), kind, domain: None });
        }
    }

    fn edge(&mut self, from: &str, to: &str, topic: &str, group: Option<String>) {
        self.edges.push(Edge { from: from.to_owned(), to: to.to_owned(), topic: topic.to_owned(), group });
    }
}

/// The group with which a role reads a topic; none when it reads without one.
fn group_of(watched: &[Watched], role: &str, topic: &str) -> Option<String> {
    let reads = watched.iter().find(|watched| *watched.topic == *topic && *watched.role == *role);
    reads.map(|watched| watched.group.to_string())
}

#[cfg(test)]
#[path = "topology_tests.rs"]
mod tests;
